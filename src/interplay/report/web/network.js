// The strongest interactions as a network: modalities on a circle, a line for each interaction.

let edgesShown = 12;
const MOST_EDGES = 60;

/** Interactions of the chosen atom that pass the filters, strongest first. */
function strongest() {
  const edges = [];
  for (let i = 0; i < nM; i += 1) {
    for (let j = chosen.atom === "unique" ? 0 : i + 1; j < nM; j += 1) {
      if (i === j || !(passes(i) || passes(j))) continue;
      const one = atomOf(chosen.atom, i, j, chosen.lag);
      if (known(one.bits) && one.bits > 0 && (!chosen.clear || one.clear)) edges.push({ i, j, ...one });
    }
  }
  return edges.sort((a, b) => b.bits - a.bits);
}

function drawNetwork(width, made) {
  const edges = strongest().slice(0, edgesShown);
  if (!edges.length) return el("p", { class: "note" }, "Nothing to draw: no interaction passes the choices above.");
  const used = new Set(edges.flatMap(({ i, j }) => [i, j]));
  const nodes = NAMES.map((_, k) => k).filter((k) => nM <= 16 || used.has(k));
  const names = nodes.map((k) => NAMES[k]), longest = Math.min(Math.max(...names.map((name) => name.length)), width < 480 ? 12 : 22);
  const label = longest * letterOf(names) + 20, radius = Math.max(60, Math.min(width / 2 - label, 230));
  const height = 2 * (radius + 34), cx = width / 2, cy = height / 2;
  const place = new Map(nodes.map((k, n) => {
    const angle = (2 * Math.PI * n) / nodes.length - Math.PI / 2;
    return [k, { x: cx + radius * Math.cos(angle), y: cy + radius * Math.sin(angle), cos: Math.cos(angle), sin: Math.sin(angle) }];
  }));
  const colour = { redundancy: "var(--r)", unique: "var(--u1)", synergy: "var(--s)", joint_mi: "var(--soft)" }[chosen.atom];
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart" });
  add(svg, draw("defs", {}, draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" }, draw("path", { d: "M0 0 8 4 0 8Z", fill: colour }))));
  const top = edges[0].bits;
  for (const edge of [...edges].reverse()) add(svg, edgeLine(edge, place, [cx, cy], top, colour, made));
  for (const k of nodes) {
    const { x, y, cos, sin } = place.get(k);
    const anchor = cos > 0.15 ? "start" : cos < -0.15 ? "end" : "middle";
    add(svg, draw("circle", { cx: x, cy: y, r: 6, fill: "var(--ink)" }),
      draw("text", { x: x + 11 * cos + (anchor === "middle" ? 0 : 4 * Math.sign(cos)), y: y + 4 + (anchor === "middle" ? 16 : 10) * sin, "text-anchor": anchor, class: "name" }, clipped(NAMES[k], longest), draw("title", {}, NAMES[k])));
  }
  return svg;
}

/** A line from i to j, bent towards the middle; of uniqueness an arrow from who tells to who does not. */
function edgeLine(edge, place, [cx, cy], top, colour, made) {
  const a = place.get(edge.i), b = place.get(edge.j);
  const bend = 0.35, mx = (a.x + b.x) / 2 + bend * (cx - (a.x + b.x) / 2), my = (a.y + b.y) / 2 + bend * (cy - (a.y + b.y) / 2);
  const end = chosen.atom === "unique" ? { x: b.x - 9 * b.cos, y: b.y - 9 * b.sin } : b;
  const words = `${NAMES[edge.i]}${chosen.atom === "unique" ? ", not " : ", "}${NAMES[edge.j]}, ${TIME.points[edge.lag]}: ${bitsText(edge.bits, edge.error)}${edge.clear ? "" : "; not clear of chance"}`;
  return draw("path", {
    d: `M${a.x.toFixed(1)} ${a.y.toFixed(1)}Q${mx.toFixed(1)} ${my.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`, fill: "none", stroke: colour,
    "stroke-width": (1 + (7 * edge.bits) / top).toFixed(2), "stroke-opacity": 0.75, "stroke-dasharray": edge.clear ? null : "4 4", class: "edge",
    "marker-end": chosen.atom === "unique" ? "url(#arrow)" : null,
    onmouseenter: () => { made.readout.textContent = words; }, onclick: () => openPair(edge.i, edge.j),
  }, draw("title", {}, words));
}

function networkFrame(host) {
  const shown = el("output", {});
  const slider = el("input", { type: "range", id: "edges", min: 1, max: MOST_EDGES, value: edgesShown, oninput: () => { edgesShown = Number(slider.value); made.again(); } });
  const control = labelled("Lines", el("span", { class: "slide" }, slider, shown));
  control.querySelector("label").setAttribute("for", "edges");
  /** The slider reaches as many lines as there are, and says how many are drawn of them. */
  function reach() {
    const there = strongest().length, end = Math.max(1, Math.min(MOST_EDGES, there));
    slider.max = end;
    slider.value = Math.min(edgesShown, end);
    slider.disabled = end < 2;
    shown.textContent = `${Math.min(edgesShown, there)} of ${there.toLocaleString("en")}`;
  }
  const made = frame(host, {
    id: "network", title: "Network of the strongest interactions", draw: (width, frameMade) => { reach(); return drawNetwork(width, frameMade); }, controls: [control], hint: `Point at a line to read it; choose it to see the pair over ${TIME.name}.`,
    caption: "The thicker a line, the more bits; dashed lines are not clear of chance. An arrow of uniqueness goes from who tells to who does not.",
    label: () => `Network of ${ATOM_NAMES[chosen.atom]}, ${lagText()}: ${strongest().slice(0, 3).map(({ i, j, bits }) => `${NAMES[i]} and ${NAMES[j]} ${fixed(bits)} bits`).join(", ")}.`,
    table: () => ({
      columns: ["first", "second", ...TIME.heads, `${chosen.atom} (bits)`, "from", "to", "clear of chance"],
      rows: strongest().slice(0, edgesShown).map(({ i, j, bits, error, lag, clear }) => [NAMES[i], NAMES[j], ...TIME.cells[lag], bits, known(error) ? bits - Z95 * error : null, known(error) ? bits + Z95 * error : null, clear ? "yes" : "no"]),
    }),
  });
  listen(["atom", "lag", "clear", "text", "group"], made.again);
}
