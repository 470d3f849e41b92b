// How good the predictions are: rivals, what is taken for what, curves, calibration, entities, training.

const GOOD = DATA.sections.good;
const PREDICTED = GOOD.predictions;
const outputStyle = (k) => ({ colour: LINES[k % LINES.length], dash: DASHES[Math.floor(k / LINES.length) % DASHES.length] });

function confusionFrame(host) {
  const table = PREDICTED.confusion, sums = table.map((row) => row.reduce((a, b) => a + b, 0));
  const share = (r, c) => (sums[r] ? table[r][c] / sums[r] : null);
  const made = frame(host, {
    id: "confusion", title: "What is taken for what?", caption: "Rows are true classes, columns what was predicted. % of the row; on the diagonal is what was found.", hint: "",
    label: () => `Confusion matrix; ${DATA.classes.map((name, c) => `${name} ${percent(share(c, c))} found`).join(", ")}.`,
    draw: (width) => [grid({ width, made, rows: DATA.classes, columns: DATA.classes, max: 1, value: share, text: (r, c) => (table[r][c] ? (100 * share(r, c)).toFixed(0) : ""), wide: 26, xTitle: "predicted",
      describe: (r, c) => `${DATA.classes[r]} taken for ${DATA.classes[c]}: ${counted(table[r][c], "window")} of ${sums[r].toLocaleString("en")}${known(share(r, c)) ? `, ${(100 * share(r, c)).toFixed(1)} %` : ""}` }), scaleOf(0, 100, "% of row")],
    table: () => ({ columns: ["true", "predicted", "windows", "share of true"], rows: DATA.classes.flatMap((name, r) => DATA.classes.map((other, c) => [name, other, table[r][c], share(r, c)])) }),
  });
}

function curveFrame(host, key, title, caption, xTitle, yTitle) {
  const drawn = PREDICTED.outputs.map((one, k) => ({ ...one, k })).filter((one) => one[key]);
  const score = key === "roc" ? "auroc" : "auprc", name = key === "roc" ? "AUROC" : "AUPRC";
  if (!drawn.length) return add(host, el("p", { class: "note" }, `${title} No curve: of every class or label all test windows are alike.`));
  const shown = { k: "all" };
  const names = drawn.map((one) => [one.k, `${one.name} (${name} ${fixed(one[score])})`]);
  const made = frame(host, {
    id: key, title, caption, controls: drawn.length > 1 ? [picker("Show", [["all", "all"], ...names], "all", (k) => { shown.k = k; made.again(); })] : null,
    label: () => drawn.map((one) => `${one.name}: ${name} ${fixed(one[score])}`).join("; "),
    draw: (width) => {
      const plot = axes({ width: Math.min(width, 520), height: Math.min(width, 400), x: [0, 1], y: [0, 1.02], xTitle, yTitle, xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: [0, 0.2, 0.4, 0.6, 0.8, 1] });
      if (key === "roc") line(plot, [0, 1], [0, 1], "var(--soft)", { "stroke-dasharray": "3 4", "stroke-width": 1 });
      const some = drawn.filter((one) => shown.k === "all" || String(one.k) === shown.k);
      for (const one of some) { const style = outputStyle(one.k); line(plot, one[key].x, one[key].y, style.colour, { "stroke-dasharray": style.dash || null }); }
      return [plot.svg, legend(some.map((one) => ({ name: `${one.name} ${fixed(one[score])}`, ...outputStyle(one.k) })))];
    },
    table: () => ({ columns: ["name", xTitle, yTitle], rows: drawn.flatMap((one) => one[key].x.map((v, k) => [one.name, v, one[key].y[k]])) }),
  });
  return made;
}

function calibrationFrame(host) {
  const curves = [...(PREDICTED.calibration ? [{ name: "the class that was predicted", calibration: PREDICTED.calibration }] : []), ...PREDICTED.outputs.filter((one) => one.calibration)];
  if (!curves.length) return;
  let shown = 0;
  const made = frame(host, {
    id: "calibration", title: "Do probabilities mean what they say?", controls: curves.length > 1 ? [picker("Of", curves.map((one, k) => [k, one.name]), 0, (k) => { shown = Number(k); made.again(); })] : null,
    caption: "On the dotted line, what is predicted with 80 % happens 80 % of the time; below it the model is too sure. Larger dots hold more windows; neighbours with few are merged. Lines are 95 % intervals over entities.",
    label: () => curves[shown].calibration.predicted.map((v, k) => `told ${percent(v)}, happened ${percent(curves[shown].calibration.happened[k])}`).join("; "),
    draw: (width) => {
      const { predicted, happened, count, low, high } = curves[shown].calibration, total = count.reduce((a, b) => a + b, 0);
      const plot = axes({ width: Math.min(width, 520), height: Math.min(width, 400), x: [0, 1.02], y: [0, 1.05], xTitle: "predicted probability", yTitle: "share that happened", xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: [0, 0.2, 0.4, 0.6, 0.8, 1] });
      line(plot, [0, 1], [0, 1], "var(--soft)", { "stroke-dasharray": "3 4", "stroke-width": 1 });
      line(plot, predicted, happened, "var(--r)");
      predicted.forEach((v, k) => dot(plot, v, happened[k], "var(--r)", { r: 3 + 7 * Math.sqrt(count[k] / total), opacity: 0.8, low: low[k], high: high[k], tip: `predicted ${percent(v)}: ${percent(happened[k])} happened${known(low[k]) ? ` (95 % interval ${percent(low[k])} to ${percent(high[k])})` : ""}, ${counted(count[k], "window")}` }));
      return plot.svg;
    },
    table: () => ({ columns: ["of", "predicted probability", "share that happened", "from", "to", "windows"], rows: curves.flatMap((one) => one.calibration.predicted.map((v, k) => [one.name, v, one.calibration.happened[k], one.calibration.low[k], one.calibration.high[k], one.calibration.count[k]])) }),
  });
}

function outputsFrame(host) {
  const what = KIND.output;
  add(host, el("h3", {}, `Every ${what}`));
  const table = () => ({ columns: [what, "windows with it", "windows", "precision", "recall", "F1", "F1 from", "F1 to", "AUROC", "AUPRC"], rows: PREDICTED.outputs.map((one) => [one.name, one.positive, one.n, one.precision, one.recall, one.f1, one.f1_low, one.f1_high, one.auroc ?? null, one.auprc ?? null]) });
  add(host, el("p", { class: "caption" }, "Precision: right among those called. Recall: called among those that are so. F1 is the balance of both, with its 95 % interval over entities."), tableOf(table()), el("p", { class: "tools" }, el("button", { type: "button", onclick: () => download("outputs.csv", csvOf(table())) }, "Download CSV", el("span", { class: "hidden" }, ` of every ${what}`))));
}

function dotsFrame(host) {
  const { dots } = PREDICTED;
  frame(host, {
    id: "truth", title: "Predicted against true", caption: `Each dot is a window${dots.true.length < dots.n ? ` (${dots.true.length.toLocaleString("en")} of ${dots.n.toLocaleString("en")}, evenly drawn)` : ""}. On the dotted line prediction and truth are equal.`,
    label: () => "Scatter of predicted against true numbers.",
    draw: (width) => {
      const all = [...dots.true, ...dots.predicted].filter(known), low = Math.min(...all), high = Math.max(...all), pad = 0.04 * (high - low || 1);
      const plot = axes({ width: Math.min(width, 640), height: Math.min(width, 480), left: 64, x: [low - pad, high + pad], y: [low - pad, high + pad], xTitle: "true", yTitle: "predicted" });
      line(plot, [low, high], [low, high], "var(--soft)", { "stroke-dasharray": "3 4", "stroke-width": 1 });
      dots.true.forEach((v, k) => dot(plot, v, dots.predicted[k], "var(--r)", { r: 3, opacity: 0.45 }));
      return plot.svg;
    },
    table: () => ({ columns: ["true", "predicted"], rows: dots.true.map((v, k) => [v, dots.predicted[k]]) }),
  });
}

function entitiesFrame(host) {
  const { names, value, n } = GOOD.entities;
  frame(host, {
    id: "entities", title: "Is anyone served worse?", caption: `${KIND.entity.caption}, for each held-out entity.`,
    label: () => `${names.length} entities from ${fixed(value[0])} to ${fixed(value[value.length - 1])}.`,
    draw: (width) => dotRows(names.slice(0, 40).map((name, k) => ({ name, value: value[k], main: true, tip: `${name}: ${fixed(value[k])}, ${counted(n[k], "window")}` })),
      { width, x: [0, KIND.entity.end(value)], xTitle: KIND.entity.score }),
    table: () => ({ columns: ["entity", KIND.entity.score, KIND.entity.counts], rows: names.map((name, k) => [name, value[k], n[k]]) }),
  });
}

const LOG_NAMES = { cross_entropy: "cross-entropy (bits)", squared_error: "squared error (scaled)", accuracy: "accuracy on training windows", absolute_error: "absolute error (scaled)" };

function trainingFrame(host) {
  const { log } = GOOD, keys = Object.keys(LOG_NAMES).filter((key) => log.length && known(log[0][key]));
  if (!keys.length) return;
  frame(host, {
    id: "training", title: "Did training settle?", caption: "Means over the training windows of each epoch, with dropout and input noise on.",
    draw: (width) => {
      const across = width >= 560 ? 2 : 1, each = Math.floor((width - 12 * (across - 1)) / across), epochs = log.map((one, k) => one.epoch ?? k);
      return el("div", { class: `panels across${across}` }, keys.map((key, k) => {
        const values = log.map((one) => one[key] * (key === "cross_entropy" ? Math.LOG2E : 1));
        const plot = axes({ width: each, height: 240, x: [epochs[0], Math.max(epochs[epochs.length - 1], epochs[0] + 1)], y: [0, most(values) * 1.08 || 1], xTicks: epochs, xTitle: "epoch" });
        line(plot, epochs, values, LINES[k]);
        return panelOf(LOG_NAMES[key], plot.svg);
      }));
    },
    table: () => ({ columns: ["epoch", "what", "value"], rows: keys.flatMap((key) => log.map((one, k) => [one.epoch ?? k, LOG_NAMES[key], one[key] * (key === "cross_entropy" ? Math.LOG2E : 1)])) }),
  });
}

function rivalsFrame(host) {
  const { rivals, score_names: scoreNames } = GOOD, keys = Object.keys(scoreNames).filter((key) => known(rivals[0][key]));
  if (rivals.length < 2 || !keys.length) return;
  let key = keys.includes(GOOD.main) ? GOOD.main : keys[0];
  const rows = () => rivals.map((one, k) => ({ name: one.name, value: one[key], low: one[`${key}_low`], high: one[`${key}_high`], main: !k }));
  const made = frame(host, {
    id: "rivals", title: "What does it have to beat?", caption: "On the same windows. The forest (extremely randomised trees on window summaries) learned from the same training entities, in seconds; guessing is the same for every window. Lines are 95 % intervals where the score has them.",
    controls: [picker("Score", keys.map((name) => [name, scoreNames[name]]), key, (name) => { key = name; made.again(); }, "rivals-score")],
    label: () => rows().map((row) => `${row.name}: ${fixed(row.value)}`).join("; "),
    draw: (width) => {
      const ends = rows().flatMap((row) => [row.low, row.high, row.value, 0]).filter(known), low = Math.min(...ends), high = Math.max(...ends), pad = 0.03 * (high - low || 1);
      return dotRows(rows().map((row) => ({ ...row, tip: `${row.name}: ${fixed(row.value)}` })), { width: Math.min(width, 760), x: [low - pad, high + pad], xTitle: scoreNames[key], numbers: true });
    },
    table: () => ({ columns: ["who", "score", "value", "from", "to"], rows: keys.flatMap((name) => rivals.map((one) => [one.name, scoreNames[name], one[name], one[`${name}_low`], one[`${name}_high`]])) }),
  });
}

section("good", () => {
  const host = hostOf("good-host");
  rivalsFrame(host);
  if (PREDICTED.dots) dotsFrame(host);
  const two = el("div", { class: "two" });
  if (PREDICTED.confusion) confusionFrame(host);
  if (PREDICTED.outputs) outputsFrame(host);
  add(host, two);
  if (PREDICTED.outputs) {
    curveFrame(two, "roc", "How well is each told from the rest?", "ROC: closer to the upper left corner is better; the dotted line is guessing. Numbers are AUROC.", "false alarms (share of the others)", "found (share)");
    curveFrame(two, "pr", "How many calls are right?", "Precision and recall: closer to the upper right corner is better. Numbers are AUPRC.", "found (share)", "right among those called (share)");
    calibrationFrame(two);
  }
  const more = el("div", { class: "two" });
  add(host, more);
  entitiesFrame(more);
  trainingFrame(more);
});
