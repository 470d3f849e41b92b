// One pair over lag, all profiles in one drawing for each atom.

section("over_lag", (host, { axis, since }) => {
  const { names, modalities, atoms, rows } = DATA.sections.differ;
  const pairs = [...new Map(rows.i.map((i, k) => [`${i} ${rows.j[k]}`, [i, rows.j[k]]])).values()].filter(([i, j]) => i < j);
  const top = rows.difference.reduce((best, v, k) => (Math.abs(v) + 1e6 * rows.clear[k] > Math.abs(rows.difference[best]) + 1e6 * rows.clear[best] ? k : best), 0);
  const one = [Math.min(rows.i[top], rows.j[top]), Math.max(rows.i[top], rows.j[top])];
  const shown = { i: one[0], j: one[1] };
  const kinds = () => {
    const { i, j } = shown, [x, y] = [modalities[i], modalities[j]];
    return [["redundancy", i, j, "redundancy"], ["unique", i, j, `only in ${x}`], ["unique", j, i, `only in ${y}`], ["synergy", i, j, "synergy"]];
  };
  /** Of one atom and one profile, 0 is the first: [{ lag, bits, error }] in order of lag. */
  function series(atom, i, j, profile) {
    const side = profile === 0 ? "a" : "b", of = Math.max(profile, 1), a = atoms.indexOf(atom), points = [];
    for (let k = 0; k < rows.lag.length; k += 1) {
      if (rows.profile[k] === of && rows.atom[k] === a && rows.i[k] === i && rows.j[k] === j) points.push({ lag: rows.lag[k] ?? 0, bits: rows[side][k], error: rows[`${side}_stderr`][k] });
    }
    return points.sort((p, q) => p.lag - q.lag);
  }
  const all = () => kinds().map(([atom, i, j, title]) => ({ title, lines: names.map((_, profile) => series(atom, i, j, profile)) }));
  const ends = (points) => points.flatMap((p) => [p.bits - Z95 * (p.error || 0), p.bits + Z95 * (p.error || 0)]);
  const made = frame(hostOf("over-lag-host"), {
    id: "over-lag", title: "A pair over lag", caption: "Bits in each profile, bands are 95 % intervals.",
    controls: [picker("Pair", pairs.map(([i, j]) => [`${i} ${j}`, `${modalities[i]} and ${modalities[j]}`]), `${shown.i} ${shown.j}`, (v) => { [shown.i, shown.j] = v.split(" ").map(Number); made.again(); }, "over-lag-pair")],
    label: () => `${modalities[shown.i]} and ${modalities[shown.j]} over lag in ${names.join(", ")}`,
    draw: (width) => {
      const data = all(), values = data.flatMap(({ lines }) => lines.flatMap(ends)), lags = data.flatMap(({ lines }) => lines.flatMap((points) => points.map((p) => p.lag)));
      const across = width >= 560 ? 2 : 1, each = Math.floor((width - 12 * (across - 1)) / across), high = Math.max(...values, 0), low = Math.min(...values, 0), room = 0.06 * (high - low) || 0.01;
      const panels = data.map(({ title, lines }) => {
        const plot = axes({ width: each, height: 220, x: since ? [Math.min(...lags), Math.max(...lags)] : [Math.max(...lags), Math.min(...lags)], y: [low - room, high + room], xTitle: axis, yTitle: "bits" });
        lines.forEach((points, k) => {
          const x = points.map((p) => p.lag), bits = points.map((p) => p.bits), error = points.map((p) => Z95 * (p.error || 0)), colour = LINES[k % LINES.length];
          band(plot, x, bits.map((v, n) => v - error[n]), bits.map((v, n) => v + error[n]), colour, 0.15);
          line(plot, x, bits, colour, { "stroke-dasharray": DASHES[k % DASHES.length] || null });
          points.forEach((p, n) => dot(plot, p.lag, p.bits, colour, { r: 3, low: points.length < 2 ? p.bits - error[n] : null, high: points.length < 2 ? p.bits + error[n] : null, tip: `${names[k]}, ${title}: ${bitsText(p.bits, p.error)}` }));
        });
        return panelOf(title, plot.svg);
      });
      return [legend(names.map((name, k) => ({ name, colour: LINES[k % LINES.length], dash: DASHES[k % DASHES.length] }))), el("div", { class: "panels", style: `grid-template-columns:repeat(${across},minmax(0,1fr))` }, panels)];
    },
    table: () => ({ columns: ["atom", "profile", "lag (s)", "bits", "standard error"],
      rows: all().flatMap(({ title, lines }) => lines.flatMap((points, k) => points.map((p) => [title, names[k], p.lag, p.bits, p.error]))) }),
  });
});
