// Inside the model: who serves which token, whether that agrees with the profile, and what is pooled.

const INSIGHT = DATA.sections.used;
/** Steps of a window as they are drawn: the oldest first, as time runs. */
const STEPS = [...INSIGHT.lags.keys()].reverse();
const nLayers = INSIGHT.use ? INSIGHT.use.length : 0;
const expert = (k) => expertName(k, INSIGHT.synergy_experts);
const usedNow = () => INSIGHT[chosen.quantity][chosen.layer];
const quantityName = () => (chosen.quantity === "use" ? "weight" : "router's probability");

/** Means over the axes that are not asked for: rows by experts. */
function expertRows(by) {
  const use = usedNow(), experts = use[0][0].length, each = [...Array(experts).keys()];
  if (by === "modality") return { names: NAMES, values: use.map((lags) => each.map((e) => mean(lags.map((one) => one[e])))) };
  if (by === "lag") return { names: STEPS.map((l) => lagName(INSIGHT.lags[l])), values: STEPS.map((l) => each.map((e) => mean(use.map((lags) => lags[l][e])))) };
  return { names: INSIGHT.atoms, values: INSIGHT.by_atom[chosen.layer] };
}

function expertFrame(host, by, title, caption) {
  const made = frame(host, {
    id: `experts-${by}`, title, caption, hint: "",
    label: () => `Heat map: mean ${quantityName()} of each expert by ${by}.`,
    draw: (width) => {
      const { names, values } = expertRows(by), columns = values[0].map((_, e) => expert(e)), top = most(values.flat());
      const drawn = by === "modality" ? gridOfModalities : grid;
      return [drawn({
        width, made, rows: names, columns, ...sharesOf(values, top), widest: 76, xTitle: "expert",
        describe: (r, c) => `${names[r]}, expert ${columns[c]}: ${known(values[r][c]) ? `${(100 * values[r][c]).toFixed(1)} % of the ${by === "atom" ? "weight" : quantityName()}` : "the profile has no such atom"}`,
      }), scaleOf(0, 100 * top, "%")];
    },
    table: () => { const { names, values } = expertRows(by); return { columns: [by, "expert", quantityName()], rows: names.flatMap((name, r) => values[r].map((v, e) => [name, expert(e), v])) }; },
  });
  listen(["layer", "quantity"], made.again);
}

function scatter(width, made) {
  const { beside } = INSIGHT, each = width >= 700 ? Math.floor((width - 16) / 2) : width;
  const panels = [
    { x: beside.redundancy, y: beside.divergence[chosen.layer], xTitle: "redundancy given to the model (bits)", yTitle: "routed apart (bits)", colour: "var(--r)", title: "Redundant pairs should be routed alike" },
    { x: beside.synergy, y: beside.synergy_mass[chosen.layer], xTitle: "synergy given to the model (bits)", yTitle: "share to synergy experts", colour: "var(--s)", title: "Synergistic pairs should get synergy experts" },
  ];
  return el("div", { class: "panels across2" }, panels.map(({ x, y, xTitle, yTitle, colour, title }) => {
    const plot = axes({ width: each, height: 300, x: [0, Math.max(most(x), 0.01) * 1.05], y: [0, Math.max(most(y), 0.01) * 1.08], xTitle, yTitle });
    x.forEach((v, k) => known(v) && dot(plot, v, y[k], colour, { r: 3.5, opacity: 0.45, tip: `${NAMES[beside.i[k]]}, ${NAMES[beside.j[k]]}, lag ${lagName(INSIGHT.lags[beside.lag[k]])}: ${fixed(v)}; ${fixed(y[k])}` }));
    return panelOf(title, plot.svg);
  }));
}

function agreementFrame(host) {
  const { beside } = INSIGHT;
  const n = beside.i.length;
  const made = frame(host, {
    id: "agreement", title: "Does routing agree with the profile?", draw: scatter,
    caption: `A dot for each pair and lag${n < beside.n ? ` (${n.toLocaleString("en")} of ${beside.n.toLocaleString("en")}, evenly drawn)` : ""}. The profile that the model was given counts what is not clear as zero. "Routed apart": how far the experts of the two tokens differ; 0 is the same, 1 bit is nothing in common. The sentences above compare dots two by two, if they differ sideways and, by more than a hundredth, in height. Gamma is the share of comparisons in which the higher dot is the one further right, less the share in which it is not: 1 of synergy and -1 of redundancy would be perfect, 0 is no relation.`,
    table: () => ({
      columns: ["first", "second", "lag (s)", "redundancy (bits)", "routed apart (bits)", "synergy (bits)", "share to synergy experts"],
      rows: beside.i.map((i, k) => [NAMES[i], NAMES[beside.j[k]], INSIGHT.lags[beside.lag[k]], beside.redundancy[k], beside.divergence[chosen.layer][k], beside.synergy[k], beside.synergy_mass[chosen.layer][k]]),
    }),
  });
  listen(["layer"], made.again);
}

function poolingFrame(host) {
  const { pooling, groups, windows, lags, allocated } = INSIGHT;
  const total = windows.reduce((a, b) => a + b, 0);
  const byGroup = NAMES.map((_, m) => groups.map((__, c) => (windows[c] ? pooling[c][m].reduce((a, b) => a + b, 0) : null)));
  const byLag = NAMES.map((_, m) => STEPS.map((l) => groups.reduce((sum, ___, c) => sum + (windows[c] / total) * pooling[c][m][l], 0)));
  const one = (id, title, caption, columns, values, xTitle) => {
    const made = frame(host, {
      id, title, caption, hint: "", label: () => `Heat map: ${title}`,
      draw: (width) => {
        const top = most(values.flat());
        return [gridOfModalities({ width, made, columns, ...sharesOf(values, top), widest: 110, xTitle, describe: (r, c) => `${NAMES[r]}, ${columns[c]}: ${known(values[r][c]) ? `${(100 * values[r][c]).toFixed(1)} %` : "no such window"}` }), scaleOf(0, 100 * top, "%")];
      },
      table: () => ({ columns: ["modality", xTitle, "share read"], rows: NAMES.flatMap((name, r) => columns.map((column, c) => [name, column, values[r][c]])) }),
    });
  };
  one("pooling-lag", "Which modality and which moment do predictions rest on?", "Share (%) of each token in what is read for the prediction, mean over the test windows. All cells sum to 100.", STEPS.map((l) => lagName(lags[l])), byLag, "lag");
  if (allocated) one("allocated", "Which tokens does the network work on?", "Share (%) of the windows in which a token is observed in which it is also attended to, routed and fed forward. The others count as observed and are left aside.", STEPS.map((l) => lagName(lags[l])), NAMES.map((_, m) => STEPS.map((l) => allocated[m][l])), "lag");
  if (groups.length > 1) one("pooling-class", "The same by true class", "Share (%) of each modality, all lags together, of windows of each true class. Columns sum to 100.", groups, byGroup, "true class");
}

section("used", () => {
  const host = hostOf("used-host");
  if (!nLayers) {
    add(host, el("p", {}, "This model has no experts to choose from: its tokens all take the same way."));
    return poolingFrame(host);
  }
  chosen.layer = nLayers - 1;
  add(host, el("div", { class: "controls" },
    nLayers > 1 ? picker("Layer", [...Array(nLayers).keys()].map((k) => [k, k === nLayers - 1 ? `${k + 1} (last)` : k + 1]), chosen.layer, (v) => choose({ layer: Number(v) }), "layer") : null,
    picker("Show", [["use", "weight of the experts that were chosen"], ["probability", "what the router prefers, before the choice"]], chosen.quantity, (quantity) => choose({ quantity }), "quantity")));
  const two = el("div", { class: "two" });
  add(host, two);
  expertFrame(two, "modality", "Which experts serve which modality?", "Mean over lags and test windows, %; rows sum to 100. Synergy experts combine the tokens of a step.");
  expertFrame(two, "lag", "Which experts serve which lag?", "Mean over modalities and test windows, %; rows sum to 100.");
  if (INSIGHT.by_atom) {
    expertFrame(two, "atom", "Which experts serve which kind of interaction?", "Mean weight (%) over tokens, each counted as much as the largest such interaction that it takes part in. The choice of weight or preference above does not apply.");
    agreementFrame(host);
  }
  const more = el("div", { class: "two" });
  add(host, more);
  poolingFrame(more);
});
