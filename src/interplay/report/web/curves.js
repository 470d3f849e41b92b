// Learning curves of all runs, small and on the same axes.

const MOST = 48;
const MEASURES = [["cross_entropy", "cross-entropy (nats)"], ["squared_error", "squared error (scaled)"], ["accuracy", "accuracy on training windows"], ["absolute_error", "absolute error (scaled)"], ["loss", "loss with its terms"]];

section("curves", (host, { runs }) => {
  const has = (key) => runs.filter((run) => run.log.some((one) => known(one[key])));
  const measures = MEASURES.filter(([key]) => has(key).length);
  if (!measures.length) return add(hostOf("curves-host"), el("p", { class: "note" }, "None of these runs has a network that was trained in epochs."));
  const shown = { key: measures[0][0] };
  const made = frame(hostOf("curves-host"), {
    id: "learning", title: "Learning curves", caption: "Means over the training windows of each epoch, with dropout and input noise on; all drawn on the same axes.",
    controls: [picker("Measure", measures, shown.key, (v) => { shown.key = v; made.again(); }, "curves-measure")],
    label: () => has(shown.key).map((run) => `${run.name} ends at ${fixed(run.log[run.log.length - 1][shown.key])}`).join("; "),
    draw: (width) => {
      const some = has(shown.key).slice(0, MOST), across = width >= 900 ? 4 : width >= 560 ? 3 : 2, each = Math.floor((width - 12 * (across - 1)) / across);
      const values = some.flatMap((run) => run.log.map((one) => one[shown.key])).filter(known), last = Math.max(...some.map((run) => run.log.length), 2);
      const panels = some.map((run) => {
        const plot = axes({ width: each, height: 150, left: 40, x: [1, last], y: [Math.min(0, ...values), most(values) * 1.05 || 1] });
        line(plot, run.log.map((one, k) => one.epoch ?? k + 1), run.log.map((one) => one[shown.key]), LINES[0]);
        // of a single epoch there is no line
        if (run.log.length === 1) dot(plot, run.log[0].epoch ?? 1, run.log[0][shown.key], LINES[0]);
        return panelOf(run.name, plot.svg);
      });
      return [el("div", { class: "panels", style: `grid-template-columns:repeat(${across},minmax(0,1fr))` }, panels),
        has(shown.key).length > MOST && el("p", { class: "caption" }, `The first ${MOST} of ${has(shown.key).length} runs; the download has all.`)].filter(Boolean);
    },
    table: () => ({ columns: ["run", "epoch", ...measures.map(([, name]) => name)], rows: runs.flatMap((run) => run.log.map((one, k) => [run.name, one.epoch ?? k + 1, ...measures.map(([key]) => one[key])])) }),
  });
  return made;
});
