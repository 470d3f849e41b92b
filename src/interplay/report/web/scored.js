// Differences of one score of all runs from the first.

section("scored", (host, { names, scores, rows, main }) => {
  sortable(hostOf("scored-table"));
  const shown = { score: main };
  const of = () => rows.filter((row) => row.score === shown.score && known(row.difference));
  const tip = (row) => `${row.run}: ${fixed(row.b)} against ${fixed(row.a)} of ${names[0]}, ${fixed(row.difference)} (${fixed(row.low)} to ${fixed(row.high)}), p = ${short(row.p)}`;
  const made = frame(hostOf("scored-host"), {
    id: "scored-dots", title: "Differences", caption: `Above zero the score is larger than that of ${names[0]}; lines are 95 % intervals, blue where the difference is clear.`,
    controls: [picker("Score", scores, main, (v) => { shown.score = v; made.again(); }, "scored-score")],
    label: () => of().map(tip).join("; "),
    draw: (width) => {
      const some = of();
      if (!some.length) return el("p", {}, "This score is not defined on these windows.");
      const ends = some.flatMap((row) => [row.low ?? row.difference, row.high ?? row.difference, 0]), low = Math.min(...ends), high = Math.max(...ends), room = 0.05 * (high - low) || 0.01;
      return dotRows(some.map((row) => ({ name: row.run, value: row.difference, low: row.low, high: row.high, main: row.clear, tip: tip(row) })),
        { width, x: [low - room, high + room], xTitle: `difference of ${scores.find(([key]) => key === shown.score)[1]}`, mark: 0 });
    },
    table: () => ({ columns: ["run", "score", names[0], "this run", "difference", "low", "high", "p", "clear"],
      rows: rows.map((row) => [row.run, row.score, row.a, row.b, row.difference, row.low, row.high, row.p, row.clear ? "yes" : "no"]) }),
  });
});
