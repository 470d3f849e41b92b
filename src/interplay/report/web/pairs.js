// One pair over time: four panels with intervals and the band of chance.

const PANELS = [
  { atom: "redundancy", title: () => "Redundancy: both tell the same", first: 0 },
  { atom: "unique", title: (i, j) => `Unique: only ${i}, not ${j}`, first: 0 },
  { atom: "unique", title: (i, j) => `Unique: only ${j}, not ${i}`, first: 1 },
  { atom: "synergy", title: () => "Synergy: only both together", first: 0 },
];

/** Values of one panel over all of the time. */
const panelAt = (panel) => TIME.at.map((_, k) =>
  panel.first ? atomAt(panel.atom, chosen.j, chosen.i, k) : atomAt(panel.atom, chosen.i, chosen.j, k));

function pairSentence() {
  const [i, j] = [NAMES[chosen.i], NAMES[chosen.j]];
  const parts = PANELS.map((panel, k) => {
    const values = panelAt(panel), clear = values.filter((one) => one.clear);
    const name = ["redundancy", `unique to ${i}`, `unique to ${j}`, "synergy"][k];
    if (!clear.length) return `no evidence of ${k === 1 || k === 2 ? "anything " : ""}${name}`;
    const best = clear.reduce((a, b) => (b.bits > a.bits ? b : a));
    return `${name} ${bitsText(best.bits, best.error)}, most ${TIME.when[best.lag]}`;
  });
  return `${i} and ${j}: ${parts.join("; ")}.`;
}

function drawPair(width) {
  const across = width >= 900 ? 4 : width >= 520 ? 2 : 1;
  const each = Math.floor((width - 12 * (across - 1)) / across);
  const all = PANELS.map(panelAt);
  const ends = all.flat().flatMap(({ bits, error }) => [bits + Z95 * (error || 0), bits - Z95 * (error || 0), Z95 * (error || 0), -Z95 * (error || 0)]).filter(known);
  const high = Math.max(...ends, 0.01), low = Math.min(...ends, 0);
  return el("div", { class: `panels across${across}` }, PANELS.map((panel, k) => {
    const values = all[k], colour = ATOMS[k].colour, { at, ticks } = TIME;
    const pad = ticks.length > 1 ? 0.04 * (ticks[ticks.length - 1] - ticks[0]) : 0.5;
    const plot = axes({
      width: each, height: across === 1 ? 190 : 250, x: TIME.backwards ? [ticks[ticks.length - 1] + pad, ticks[0] - pad] : [ticks[0] - pad, ticks[ticks.length - 1] + pad], y: [low * 1.08, high * 1.08],
      xTicks: ticks, xTitle: TIME.title, yTitle: "bits",
    });
    const around = (side) => values.map(({ error }) => (known(error) ? side * Z95 * error : null));
    const ofValue = (side) => values.map(({ bits, error }) => (known(error) ? bits + side * Z95 * error : null));
    band(plot, at, around(-1), around(1), "var(--soft)", 0.22);
    band(plot, at, ofValue(-1), ofValue(1), colour, 0.2);
    line(plot, at, values.map(({ bits }) => bits), colour);
    values.forEach(({ bits, error, clear, q }, l) => dot(plot, at[l], bits, colour, {
      hollow: !clear, tip: `${TIME.points[l]}: ${bitsText(bits, error)}${qText(q)}${clear ? "" : ", not clear of chance"}`,
    }));
    return panelOf(panel.title(NAMES[chosen.i], NAMES[chosen.j]), plot.svg);
  }));
}

/** A row for each moment and atom. */
function pairTable() {
  const [i, j] = [NAMES[chosen.i], NAMES[chosen.j]];
  const titles = ["redundancy", `unique to ${i}`, `unique to ${j}`, "synergy"];
  const row = (l, name, { bits, error, clear, p, q }) => [i, j, ...TIME.cells[l], name, bits, known(error) ? bits - Z95 * error : null, known(error) ? bits + Z95 * error : null, clear ? "yes" : "no", p, q];
  const rows = PANELS.flatMap((panel, k) => panelAt(panel).map((one, l) => row(l, titles[k], { ...one, p: null, q: null })));
  const together = TIME.cells.map((_, l) => row(l, "together", atomAt("joint_mi", chosen.i, chosen.j, l)));
  return { columns: ["first", "second", ...TIME.heads, "what", "bits", "from", "to", "clear of chance", "p", "q"], rows: [...rows, ...together] };
}

function pairFrame(host) {
  const options = NAMES.map((name, k) => [k, name]);
  const first = picker("First", options, chosen.i, (v) => choosePair(Number(v), chosen.j === Number(v) ? chosen.i : chosen.j), "pair-first");
  const second = picker("Second", options, chosen.j, (v) => choosePair(chosen.i === Number(v) ? chosen.j : chosen.i, Number(v)), "pair-second");
  const sentence = el("p", { class: "sentence", id: "pair-told", "aria-live": "polite" });
  const made = frame(host, {
    id: "pair", title: `One pair over ${TIME.name}`, controls: [first, second], table: pairTable, draw: (width) => { sentence.textContent = pairSentence(); return drawPair(width); },
    caption: PROFILE.r_error
      ? "Dots are estimates, the coloured band their 95 % interval. Filled: clear of chance. The grey band is where 95 of 100 estimates would fall if the true value were zero and the error the same; it is computed from the standard errors, not simulated."
      : "Dots are estimates; this profile has no standard errors, so there are no intervals and no band of chance.",
  });
  made.box.before(sentence);
  listen(["i", "j"], () => {
    first.querySelector("select").value = chosen.i;
    second.querySelector("select").value = chosen.j;
    made.again();
  });
}

const choosePair = (i, j) => choose({ i, j });

/** Choose a pair elsewhere on the page and go to its chart. */
function openPair(i, j) {
  choosePair(i, j);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById("pair").scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  document.getElementById("pair-first").focus({ preventScroll: true });
  say(pairSentence());
}

/** The moment and the pair at which two modalities tell most together. */
function startingPoint() {
  let best = -Infinity;
  for (let i = 0; i < nM; i += 1) {
    for (let j = i + 1; j < nM; j += 1) {
      const joint = atomOf("joint_mi", i, j, -1);
      if (known(joint.bits) && joint.bits > best) { best = joint.bits; Object.assign(chosen, { i, j, lag: joint.lag }); }
    }
  }
}

section("pairs", () => {
  if (!hostOf("pair-host")) return;
  startingPoint();
  pairFrame(hostOf("pair-host"));
  const host = hostOf("map-host");
  sharedControls(host);
  const side = el("div", { class: nM > 14 ? "" : "two" });
  add(host, side);
  mapFrame(side);
  networkFrame(side);
  tableFrame(hostOf("table-host"));
});
