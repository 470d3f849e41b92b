// Each entity under the first run and another: two dots on a line, the largest difference first.

const MOST = 40;

section("by_entity", (host, { names, scores, main, rows }) => {
  const shown = { run: names[1], score: main };
  const of = () => rows.entity.map((_, k) => k).filter((k) => rows.run[k] === shown.run && rows.score[k] === shown.score && known(rows.difference[k]))
    .sort((a, b) => rows.difference[b] - rows.difference[a]);
  const tip = (k) => `${rows.entity[k]}: ${fixed(rows.a[k])} under ${names[0]}, ${fixed(rows.b[k])} under ${rows.run[k]} (${counted(rows.n_windows[k], "window")})`;
  const made = frame(hostOf("by-entity-host"), {
    id: "by-entity", title: "Every entity under both runs", caption: "A hollow dot is the first run, a full one the other; the largest difference comes first. Point at a dot for its numbers.",
    controls: [
      names.length > 2 && picker("Run", names.slice(1).map((name) => [name, name]), shown.run, (v) => { shown.run = v; made.again(); }, "by-entity-run"),
      picker("Score", scores, main, (v) => { shown.score = v; made.again(); }, "by-entity-score"),
    ].filter(Boolean),
    label: () => of().slice(0, MOST).map(tip).join("; "),
    draw: (width) => {
      const some = of().slice(0, MOST);
      if (!some.length) return el("p", {}, "This score is not defined for single entities.");
      const values = some.flatMap((k) => [rows.a[k], rows.b[k]]), low = Math.min(...values), high = Math.max(...values), room = 0.05 * (high - low) || 0.01;
      const opts = { width, x: [low - room, high + room], xTitle: scores.find(([key]) => key === shown.score)[1] };
      const svg = dotRows(some.map((k) => ({ name: rows.entity[k], value: rows.b[k], low: Math.min(rows.a[k], rows.b[k]), high: Math.max(rows.a[k], rows.b[k]), main: true, hollow: rows.a[k], tip: tip(k) })), opts);
      return [legend([{ name: `${names[0]} (hollow)`, colour: "var(--u2)" }, { name: shown.run, colour: "var(--r)" }]), svg];
    },
    table: () => ({ columns: ["run", "entity", "windows", "score", names[0], "this run", "difference"],
      rows: rows.entity.map((name, k) => [rows.run[k], name, rows.n_windows[k], rows.score[k], rows.a[k], rows.b[k], rows.difference[k]]) }),
  });
});
