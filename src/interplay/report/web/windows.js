// One window, token by token: what moved the prediction, what was read, and which experts worked.

const { examples: EXAMPLES, lags: LAGS, synergy_experts: SYNERGY_EXPERTS, first: FIRST, timeline: RECORDED } = DATA.sections.windows;
const windowState = { k: FIRST, what: "relevance" };
const WHAT = { relevance: "what moved the prediction", pooling: "share in what is read", synergy: "share given to synergy experts" };

function windowSentence(one) {
  const tokens = NAMES.flatMap((name, m) => LAGS.map((lag, l) => ({ name, lag, v: one.relevance[m][l], seen: one.observed[m][l] }))).filter((t) => t.seen);
  const top = [...tokens].sort((a, b) => Math.abs(b.v) - Math.abs(a.v)).slice(0, 3);
  const unit = KIND.relevance;
  const missing = NAMES.length * LAGS.length - tokens.length;
  return `${KIND.verdict(one)} Most moved by ${top.map((t) => `${t.name} ${lagName(t.lag)} before (${t.v > 0 ? "for" : "against"} it, ${fixed(Math.abs(t.v) * TO_BITS, 2)} ${unit})`).join(", ")}. ` +
    `All tokens together moved it by ${fixed(one.moved * TO_BITS, 2)} ${unit}, of which the method misses ${fixed(one.missed * TO_BITS, 2)}.${missing ? ` ${counted(missing, "token")} ${missing === 1 ? "was" : "were"} not observed.` : ""}`;
}

/** Value of a token; null where it was not observed. */
function tokenValue(one, m, l) {
  if (!one.observed[m][l]) return null;
  if (windowState.what === "relevance") return one.relevance[m][l] * TO_BITS;
  if (windowState.what === "pooling") return one.pooling[m][l];
  let share = 0;
  const list = one.experts[m][l];
  for (let k = 0; k < list.length; k += 2) if (list[k] < SYNERGY_EXPERTS) share += list[k + 1];
  return share;
}

function expertsText(one, m, l) {
  if (!one.experts) return "";
  const list = one.experts[m][l], parts = [];
  for (let k = 0; k < list.length; k += 2) parts.push(`${expertName(list[k], SYNERGY_EXPERTS)} ${percent(list[k + 1])}`);
  return parts.length ? `; experts ${parts.join(", ")}` : "";
}

function drawWindow(width, made) {
  const one = EXAMPLES[windowState.k], nT = LAGS.length;
  // time runs to the right, so the newest step, lag 0, is last
  const lagOf = (c) => nT - 1 - c;
  const values = NAMES.map((_, m) => LAGS.map((__, c) => tokenValue(one, m, lagOf(c))));
  const far = Math.max(...values.flat().filter(known).map(Math.abs), 1e-6);
  const signed = windowState.what === "relevance";
  return [gridOfModalities({
    width, made, columns: LAGS.map((_, c) => short(LAGS[lagOf(c)])), max: far, min: signed ? -far : 0,
    value: (r, c) => values[r][c], text: (r, c) => (signed ? fixed(values[r][c], 2) : (100 * values[r][c]).toFixed(0)), xTitle: "seconds before the prediction",
    describe: (r, c) => {
      const l = lagOf(c), where = `${NAMES[r]}, ${lagName(LAGS[l])} before`;
      if (!known(values[r][c])) return `${where}: not observed`;
      return `${where}: relevance ${fixed(one.relevance[r][l] * TO_BITS)} ${KIND.relevance}, share read ${(100 * one.pooling[r][l]).toFixed(1)} %${expertsText(one, r, l)}`;
    },
  }), signed ? scaleOf(-far, far, KIND.relevance) : scaleOf(0, 100 * far, "%")];
}

function windowTable() {
  const one = EXAMPLES[windowState.k];
  return {
    columns: ["modality", "lag (s)", "observed", `relevance (${KIND.relevance})`, "share read", "experts of the last layer"],
    rows: NAMES.flatMap((name, m) => LAGS.map((lag, l) => [name, lag, one.observed[m][l] ? "yes" : "no", one.relevance[m][l] * TO_BITS, one.pooling[m][l], expertsText(one, m, l).replace("; experts ", "")])),
  };
}

section("windows", () => {
  const host = hostOf("windows-host");
  if (!EXAMPLES.length) {
    add(host, el("p", {}, "The run explains no single windows."));
    return;
  }
  const sentence = el("p", { class: "sentence", "aria-live": "polite" });
  const draw_it = (k) => { windowState.k = (k + EXAMPLES.length) % EXAMPLES.length; list.querySelector("select").value = windowState.k; made.again(); remember(); };
  const recorded = RECORDED && timelineFrame(hostOf("timeline-host"), RECORDED, EXAMPLES, draw_it);
  const show = (k) => { draw_it(k); if (recorded) recorded.show(windowState.k); };
  const list = picker("Window", EXAMPLES.map((one, k) => [k, `${one.entity}, ${short4(one.time_s)} s: ${KIND.outcome(one)}`]), FIRST, (k) => show(Number(k)), "window");
  const kinds = Object.entries(WHAT).filter(([key]) => key !== "synergy" || (EXAMPLES[0].experts && SYNERGY_EXPERTS));
  const step = (by, text) => el("button", { type: "button", onclick: () => show(windowState.k + by) }, text);
  const made = frame(host, {
    id: "token", title: "One window, token by token", hint: "Point at a token, or walk with the arrow keys, to read it.",
    controls: [list, el("span", { class: "control" }, step(-1, "Previous"), step(1, "Next")), picker("Colour", kinds, "relevance", (what) => { windowState.what = what; made.again(); }, "what")],
    caption: "Blue speaks for what was predicted, orange against it. Relevance compares the window with one in which every channel is at its training mean. The windows offered were explained: of every class from the least to the most sure, the least sure of all, and wrong ones.",
    draw: (width, frameMade) => { sentence.textContent = windowSentence(EXAMPLES[windowState.k]); return drawWindow(width, frameMade); }, table: windowTable, label: () => `Tokens of one window, ${WHAT[windowState.what]}.`,
  });
  made.box.before(sentence);
  if (recorded) recorded.show(FIRST);
});
