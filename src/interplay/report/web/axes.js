// Charts with two axes: lines, bands and dots.

function ticksOf(low, high, about = 5) {
  const raw = (high - low) / about || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-6; k += 1) ticks.push(Number((k * step).toPrecision(10)));
  return ticks;
}

/** An empty chart: { svg, g, x, y }, with x and y from values to pixels.
 *  opts: width, height, x: [low, high], y: [low, high], xTitle, yTitle, xTicks, yTicks, left */
function axes(opts) {
  const { width, height } = opts;
  const left = opts.left ?? 52, right = 12, top = 10, bottom = opts.xTitle ? 44 : 26;
  const x = (v) => left + ((v - opts.x[0]) / (opts.x[1] - opts.x[0] || 1)) * (width - left - right);
  const y = (v) => height - bottom - ((v - opts.y[0]) / (opts.y[1] - opts.y[0] || 1)) * (height - top - bottom);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", style: `max-width:${width}px` });
  const yTicks = opts.yTicks || ticksOf(...opts.y, height < 220 ? 4 : 5);
  const room = width - left - right;
  const xTicks = opts.xTicks || ticksOf(Math.min(...opts.x), Math.max(...opts.x), Math.max(2, Math.floor(room / 70)));
  for (const v of yTicks) {
    add(svg, draw("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: v === 0 ? "zero" : "rule" }),
      draw("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end", class: "tick" }, short4(v)));
  }
  // tick labels that would touch the one before are left out
  let taken = -Infinity;
  for (const v of [...xTicks].sort((a, b) => x(a) - x(b))) {
    const text = short4(v), half = 3.6 * text.length;
    if (x(v) - half < taken) continue;
    taken = x(v) + half + 4;
    add(svg, draw("text", { x: x(v), y: height - bottom + 17, "text-anchor": "middle", class: "tick" }, text));
  }
  if (opts.xTitle) add(svg, draw("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, opts.xTitle));
  if (opts.yTitle) add(svg, draw("text", { transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "axis" }, opts.yTitle));
  const g = draw("g");
  add(svg, g);
  return { svg, g, x, y };
}

/** A drawing with its title above; the title also names it for those who do not see it. */
const panelOf = (title, svg) => el("div", {}, el("p", { class: "panel" }, title), put(svg, { role: "img", "aria-label": title }));

function pathOf(points) {
  let text = "", pen = "M";
  for (const [px, py] of points) {
    if (!known(px) || !known(py) || Number.isNaN(py)) { pen = "M"; continue; }
    text += `${pen}${px.toFixed(1)} ${py.toFixed(1)}`;
    pen = "L";
  }
  return text;
}

function line({ g, x, y }, xs, ys, colour, extra) {
  add(g, draw("path", { d: pathOf(xs.map((v, k) => [x(v), known(ys[k]) ? y(ys[k]) : null])), fill: "none", stroke: colour, "stroke-width": 2, ...extra }));
}

function band({ g, x, y }, xs, lows, highs, colour, opacity) {
  const ok = xs.map((_, k) => k).filter((k) => known(lows[k]) && known(highs[k]));
  if (!ok.length) return;
  const there = ok.map((k) => [x(xs[k]), y(highs[k])]), back = ok.reverse().map((k) => [x(xs[k]), y(lows[k])]);
  add(g, draw("path", { d: `${pathOf([...there, ...back])}Z`, fill: colour, "fill-opacity": opacity, stroke: "none" }));
}

/** A dot with its interval, and a wide target that tells its numbers on hover. */
function dot({ g, x, y }, px, py, colour, opts) {
  const o = opts || {};
  if (!known(py)) return;
  if (known(o.low)) add(g, draw("line", { x1: x(px), x2: x(px), y1: y(o.low), y2: y(o.high), stroke: colour, "stroke-width": 1.5 }));
  add(g, draw("circle", { cx: x(px), cy: y(py), r: o.r || 4, fill: o.hollow ? "var(--paper)" : colour, stroke: colour, "stroke-width": 1.5, "fill-opacity": o.opacity },
    o.tip && draw("title", {}, o.tip)));
}

function legend(items) {
  return el("ul", { class: "legend" }, items.map(({ name, colour, dash }) =>
    el("li", {}, draw("svg", { viewBox: "0 0 26 10", width: 26, height: 10, "aria-hidden": "true" },
      draw("line", { x1: 1, x2: 25, y1: 5, y2: 5, stroke: colour, "stroke-width": 3, "stroke-dasharray": dash || null })), name)));
}

/** Horizontal dots with intervals, one row each: rows of { name, value, low, high, main, tip, hollow }, the last a second value;
 *  opts.names: share of the width that names may take; opts.above: names stand above their dots, for long ones;
 *  opts.numbers: whether values stand beside their dots. */
function dotRows(rows, opts) {
  const names = rows.map((row) => row.name), letter = letterOf(names), longest = Math.max(...names.map((name) => name.length));
  const left = opts.above ? 12 : Math.min(letter * longest + 12, opts.width * (opts.names || 0.42)), step = opts.above ? 42 : 24, top = 8, bottom = 44;
  const height = top + rows.length * step + bottom, right = opts.numbers ? 62 : 16;
  const room = Math.round((opts.above ? opts.width - 12 : left - 12) / letter);
  const x = (v) => left + ((v - opts.x[0]) / (opts.x[1] - opts.x[0] || 1)) * (opts.width - left - right);
  const svg = draw("svg", { viewBox: `0 0 ${opts.width} ${height}`, class: "chart", style: `max-width:${opts.width}px` });
  for (const v of ticksOf(...opts.x, Math.max(2, Math.floor((opts.width - left - right) / 80)))) {
    add(svg, draw("line", { x1: x(v), x2: x(v), y1: top, y2: height - bottom, class: "rule" }),
      draw("text", { x: x(v), y: height - bottom + 17, "text-anchor": "middle", class: "tick" }, short4(v)));
  }
  add(svg, draw("text", { x: (left + opts.width - right) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, opts.xTitle));
  if (known(opts.mark)) add(svg, draw("line", { x1: x(opts.mark), x2: x(opts.mark), y1: top, y2: height - bottom, class: "mark" }));
  rows.forEach((row, k) => {
    const y = top + (k + (opts.above ? 0.72 : 0.5)) * step, colour = row.main ? "var(--r)" : "var(--u2)";
    add(svg, draw("text", opts.above ? { x: 2, y: y - 12, class: "name above" } : { x: left - 8, y: y + 4, "text-anchor": "end", class: "name" }, clipped(row.name, room), draw("title", {}, row.name)));
    if (opts.numbers && known(row.value)) add(svg, draw("text", { x: opts.width - 4, y: y + 4, "text-anchor": "end", class: "name n" }, fixed(row.value, 3)));
    if (known(row.low)) add(svg, draw("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, stroke: colour, "stroke-width": 2 }));
    if (known(row.hollow)) add(svg, draw("circle", { cx: x(row.hollow), cy: y, r: 5, fill: "var(--paper)", stroke: "var(--u2)", "stroke-width": 2 }, draw("title", {}, row.tip || "")));
    if (known(row.value)) add(svg, draw("circle", { cx: x(row.value), cy: y, r: 5, fill: colour }, draw("title", {}, row.tip || "")));
  });
  return svg;
}

const ruler = document.createElement("canvas").getContext("2d");
/** Pixels of a letter of the widest of these names, in a chart whose letters are so large. */
function letterOf(names, size = 13) {
  ruler.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(0, ...names.map((name) => ruler.measureText(name).width)) / Math.max(1, ...names.map((name) => name.length));
}

const clipped = (text, room) => (text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text);
