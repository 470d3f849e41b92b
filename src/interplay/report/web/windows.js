// One window, token by token: what moved the prediction, what was read, and which experts worked.

const EXAMPLES = DATA.examples;
const windowState = { k: 0, what: "relevance" };
const WHAT = { relevance: "what moved the prediction", pooling: "share in what is read", synergy: "share given to synergy experts" };

function windowName(one) {
  const when = `${one.entity}, ${short4(one.time_s)} s`;
  if (DATA.kind === "number") return `${when}: ${short4(one.label ?? NaN)}, predicted ${short4(one.predicted ?? NaN)}`;
  if (!known(one.label)) return `${when}: predicted ${one.output}`;
  if (DATA.kind === "labels") return `${when}: ${one.output} (${one.label})${one.right === false ? ", wrong" : ""}`;
  return `${when}: ${one.label}${one.right ? ", right" : `, taken for ${one.output}`}`;
}

function windowSentence(one) {
  const tokens = NAMES.flatMap((name, m) => INSIGHT.lags.map((lag, l) => ({ name, lag, v: one.relevance[m][l], seen: one.observed[m][l] }))).filter((t) => t.seen);
  const top = [...tokens].sort((a, b) => Math.abs(b.v) - Math.abs(a.v)).slice(0, 3);
  const unit = DATA.kind === "number" ? "standard deviations" : "logits";
  const said = DATA.kind === "number" ? "The number was predicted." : `The model says ${one.output}${known(one.p) ? `, with a probability of ${percent(one.p)}` : ""}${known(one.label) ? (DATA.kind === "labels" ? `; in truth ${one.label}` : `; the truth is ${one.label}`) : ""}.`;
  const missing = NAMES.length * INSIGHT.lags.length - tokens.length;
  return `${said} Most moved by ${top.map((t) => `${t.name} ${lagName(t.lag)} before (${t.v > 0 ? "for" : "against"} it, ${fixed(Math.abs(t.v), 2)} ${unit})`).join(", ")}. ` +
    `All tokens together moved it by ${fixed(one.moved, 2)} ${unit}, of which the method misses ${fixed(one.missed, 2)}.${missing ? ` ${counted(missing, "token")} ${missing === 1 ? "was" : "were"} not observed.` : ""}`;
}

/** Value of a token; null where it was not observed. */
function tokenValue(one, m, l) {
  if (!one.observed[m][l]) return null;
  if (windowState.what !== "synergy") return one[windowState.what][m][l];
  let share = 0;
  const list = one.experts[m][l];
  for (let k = 0; k < list.length; k += 2) if (list[k] < INSIGHT.synergy_experts) share += list[k + 1];
  return share;
}

function expertsText(one, m, l) {
  if (!one.experts) return "";
  const list = one.experts[m][l], parts = [];
  for (let k = 0; k < list.length; k += 2) parts.push(`${expertName(list[k])} ${percent(list[k + 1])}`);
  return parts.length ? `; experts ${parts.join(", ")}` : "";
}

function drawWindow(width, made) {
  const one = EXAMPLES[windowState.k], nT = INSIGHT.lags.length;
  // time runs to the right, so the newest step, lag 0, is last
  const lagOf = (c) => nT - 1 - c;
  const values = NAMES.map((_, m) => INSIGHT.lags.map((__, c) => tokenValue(one, m, lagOf(c))));
  const far = Math.max(...values.flat().filter(known).map(Math.abs), 1e-6);
  const signed = windowState.what === "relevance";
  return [grid({
    width, made, rows: NAMES, columns: INSIGHT.lags.map((_, c) => short(INSIGHT.lags[lagOf(c)])), max: far, min: signed ? -far : 0,
    value: (r, c) => values[r][c], text: (r, c) => (signed ? fixed(values[r][c], 2) : (100 * values[r][c]).toFixed(0)), xTitle: "seconds before the prediction",
    describe: (r, c) => {
      const l = lagOf(c), where = `${NAMES[r]}, ${lagName(INSIGHT.lags[l])} before`;
      if (!known(values[r][c])) return `${where}: not observed`;
      return `${where}: relevance ${fixed(one.relevance[r][l])}, share read ${(100 * one.pooling[r][l]).toFixed(1)} %${expertsText(one, r, l)}`;
    },
  }), signed ? scaleOf(-far, far, DATA.kind === "number" ? "standard deviations" : "logits") : scaleOf(0, 100 * far, "%")];
}

function windowTable() {
  const one = EXAMPLES[windowState.k];
  return {
    columns: ["modality", "lag (s)", "observed", "relevance", "share read", "experts of the last layer"],
    rows: NAMES.flatMap((name, m) => INSIGHT.lags.map((lag, l) => [name, lag, one.observed[m][l] ? "yes" : "no", one.relevance[m][l], one.pooling[m][l], expertsText(one, m, l).replace("; experts ", "")])),
  };
}

function windowPart(host) {
  if (!EXAMPLES.length) return add(host, el("p", {}, "The run explains no single windows."));
  const told = el("p", { class: "told", "aria-live": "polite" });
  const show = (k) => { windowState.k = (k + EXAMPLES.length) % EXAMPLES.length; list.querySelector("select").value = windowState.k; made.again(); };
  const list = picker("Window", EXAMPLES.map((one, k) => [k, windowName(one)]), 0, (k) => show(Number(k)), "window");
  const kinds = Object.entries(WHAT).filter(([key]) => key !== "synergy" || (EXAMPLES[0].experts && INSIGHT.synergy_experts));
  const step = (by, text) => el("button", { type: "button", onclick: () => show(windowState.k + by) }, text);
  const made = frame(host, {
    id: "token", title: "One window, token by token", hint: "Point at a token, or walk with the arrow keys, to read it.",
    controls: [list, el("span", { class: "control" }, step(-1, "Previous"), step(1, "Next")), picker("Colour", kinds, "relevance", (what) => { windowState.what = what; made.again(); }, "what")],
    caption: "Blue speaks for what was predicted, orange against it. Relevance compares the window with one in which every channel is at its training mean. The windows offered run from the least to the most sure.",
    draw: (width, frameMade) => { told.textContent = windowSentence(EXAMPLES[windowState.k]); return drawWindow(width, frameMade); }, table: windowTable, label: () => `Tokens of one window, ${WHAT[windowState.what]}.`,
  });
  made.box.before(told);
  return host;
}
