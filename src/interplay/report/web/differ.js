// Where profiles differ: the largest differences with their intervals, and all of them to download.

const MOST = 25;
const ROWS = DATA.sections.differ;

section("differ", (host) => {
  const { names, modalities, atoms, rows } = ROWS, count = rows.difference.length;
  const label = (k) => (atoms[rows.atom[k]] === "unique" ? place(k) : `${place(k)}, ${atoms[rows.atom[k]]}`);
  const place = (k) => `${modalities[rows.i[k]]} ${atoms[rows.atom[k]] === "unique" ? "not in" : "+"} ${modalities[rows.j[k]]}`;
  const when = (k) => (rows.when ? rows.when[k] : known(rows.lag[k]) ? `${short(rows.lag[k])} s` : "all lags");
  const half = (k) => (known(rows.stderr[k]) ? Z95 * rows.stderr[k] : null);
  const shown = { profile: 1, atom: "all" };
  const chosen = () => {
    const best = new Map();
    for (let k = 0; k < count; k += 1) {
      if (rows.profile[k] !== shown.profile || (shown.atom !== "all" && atoms[rows.atom[k]] !== shown.atom)) continue;
      const key = `${rows.atom[k]} ${rows.i[k]} ${rows.j[k]}`, other = best.get(key);
      if (other === undefined || rank(k) > rank(other)) best.set(key, k);
    }
    return [...best.values()].sort((a, b) => rank(b) - rank(a)).slice(0, MOST);
  };
  const rank = (k) => (rows.clear[k] ? 1e6 : 0) + Math.abs(rows.difference[k]);
  const tip = (k) => `${place(k)}, ${atoms[rows.atom[k]]}, ${when(k)}: ${fixed(rows.a[k])} bits in ${names[0]}, ${fixed(rows.b[k])} in ${names[rows.profile[k]]}; difference ${bitsText(rows.difference[k], rows.stderr[k])}${qText(rows.q[k])}`;
  const again = () => made.again();
  const made = frame(hostOf("differ-host"), {
    id: "differ-dots", title: "The largest differences", caption: "Difference in bits, with 95 % intervals; blue where it is clear, each atom of a pair at the lag where it differs most. Point at a dot for its numbers.",
    controls: [
      names.length > 2 && picker("Profile", names.slice(1).map((name, k) => [k + 1, name]), 1, (v) => { shown.profile = Number(v); again(); }, "differ-profile"),
      picker("Atom", ["all", ...atoms].map((name) => [name, name]), "all", (v) => { shown.atom = v; again(); }, "differ-atom"),
    ].filter(Boolean),
    label: () => chosen().slice(0, 5).map(tip).join("; "),
    draw: (width) => {
      const some = chosen();
      if (!some.length) return el("p", {}, "There is nothing to compare here.");
      const ends = some.flatMap((k) => [rows.difference[k] - (half(k) || 0), rows.difference[k] + (half(k) || 0), 0]);
      const low = Math.min(...ends), high = Math.max(...ends), room = 0.04 * (high - low) || 0.01;
      return dotRows(some.map((k) => ({ name: label(k), value: rows.difference[k], main: rows.clear[k], tip: tip(k),
        low: known(half(k)) ? rows.difference[k] - half(k) : null, high: known(half(k)) ? rows.difference[k] + half(k) : null })),
        { width, x: [low - room, high + room], xTitle: "difference (bits)", mark: 0, names: width < 560 ? 0.58 : 0.42 });
    },
    table: () => ({
      columns: ["profile", "atom", "first", "second", rows.when ? "when" : "lag (s)", `bits in ${names[0]}`, "standard error", "bits", "standard error here", "difference", "standard error of the difference", "q", "clear"],
      rows: rows.difference.map((v, k) => [names[rows.profile[k]], atoms[rows.atom[k]], modalities[rows.i[k]], modalities[rows.j[k]], rows.when ? rows.when[k] : rows.lag[k],
        rows.a[k], rows.a_stderr[k], rows.b[k], rows.b_stderr[k], v, rows.stderr[k], rows.q[k], rows.clear[k] ? "yes" : "no"]),
    }),
  });
  sortable(hostOf("differences"));
});
