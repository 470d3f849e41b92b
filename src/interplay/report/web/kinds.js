// What the page says differently of each kind of target.
//  output: what one of its outputs is called
//  relevance: unit of what moves a prediction
//  entity: what is told of each held-out entity: caption, score on the axis, what is counted, end of the axis
//  outcome(one): what was predicted of a window and what is true, in a list to choose from
//  verdict(one): the same in a sentence

const ofOutput = (one, truth) =>
  `The model says ${one.output}${known(one.p) ? `, with a probability of ${percent(one.p)}` : ""}${known(one.label) ? `; ${truth} ${one.label}` : ""}.`;
const shareRight = { caption: "Share of right predictions", score: "share right", counts: "windows", end: () => 1.02 };

const KINDS = {
  classes: {
    output: "class", relevance: "bits of log-odds", entity: shareRight,
    outcome: (one) => (known(one.label) ? `${one.label}${one.right ? ", right" : `, taken for ${one.output}`}` : `predicted ${one.output}`),
    verdict: (one) => ofOutput(one, "the truth is"),
  },
  labels: {
    output: "label", relevance: "bits of log-odds", entity: { ...shareRight, counts: "known labels" },
    outcome: (one) => (known(one.label) ? `${one.output} (${one.label})${one.right === false ? ", wrong" : ""}` : `predicted ${one.output}`),
    verdict: (one) => ofOutput(one, "in truth"),
  },
  number: {
    relevance: "standard deviations",
    entity: { caption: "Mean absolute error", score: "mean absolute error", counts: "windows", end: (values) => (most(values) || 1) * 1.05 },
    outcome: (one) => `${short4(one.label ?? NaN)}, predicted ${short4(one.predicted ?? NaN)}`,
    verdict: () => "The number was predicted.",
  },
};
const KIND = KINDS[DATA.kind];
/** Relevance is embedded in nats; numbers are in standard deviations. */
const TO_BITS = DATA.kind === "number" ? 1 : Math.LOG2E;
