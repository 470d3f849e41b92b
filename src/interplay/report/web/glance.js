// The first picture: the run beside its rivals, and what it loses without each modality.

const MOST_ROWS = 10;

/** Most missed and least missed modalities, where all are too many. */
function endsOf(rows) {
  return rows.length <= MOST_ROWS ? rows : [...rows.slice(0, MOST_ROWS / 2), ...rows.slice(-MOST_ROWS / 2)];
}

section("short", (_, { main, main_name: name, rivals, lost }) => {
  const known_rivals = rivals.filter((one) => known(one[main]));
  if (!known_rivals.length && !lost.length) return;
  const scored = known_rivals.map((one, k) => ({ name: one.name, value: one[main], low: one[`${main}_low`], high: one[`${main}_high`], main: !k }));
  const range = (rows, more) => {
    const ends = [...rows.flatMap((row) => [row.low, row.high, row.value]), ...more].filter(known), low = Math.min(...ends), high = Math.max(...ends);
    return [low - 0.04 * (high - low || 1), high + 0.04 * (high - low || 1)];
  };
  const told = (row, digits) => `${row.name}: ${fixed(row.value, digits)}${known(row.low) ? ` (95 % interval ${fixed(row.low, digits)} to ${fixed(row.high, digits)})` : ""}`;
  frame(hostOf("glance-host"), {
    id: "glance", title: "How good, and what it rests on",
    caption: `On entities that nothing was fitted on; lines are 95 % intervals over entities.${lost.length > MOST_ROWS ? ` The ${MOST_ROWS / 2} modalities that are missed most and the ${MOST_ROWS / 2} that are missed least.` : ""}`,
    label: () => [...scored, ...endsOf(lost)].map((row) => told(row)).join("; "),
    draw: (width) => {
      const across = width >= 640 && lost.length ? 2 : 1, each = Math.floor((width - 28 * (across - 1)) / across);
      const tips = (rows) => rows.map((row) => ({ ...row, tip: told(row) }));
      return el("div", { class: "panels across2" },
        scored.length > 0 && panelOf(scored.length > 1 ? `${name}: the more, the better` : name, dotRows(tips(scored), { width: each, x: range(scored, [0]), xTitle: name, numbers: true })),
        lost.length > 0 && panelOf("Without one modality", dotRows(tips(endsOf(lost)), { width: each, x: range(endsOf(lost), [0]), xTitle: `change of ${name}`, mark: 0, numbers: true })));
    },
    table: () => ({ columns: ["what", "name", main, "from", "to"], rows: [...scored.map((row) => ["score", row]), ...lost.map((row) => ["change without", row])].map(([what, row]) => [what, row.name, row.value, row.low, row.high]) }),
  });
});
