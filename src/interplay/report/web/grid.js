// Heat maps: a grid of cells that can be walked with the arrow keys.

/** Modalities that a map has room for. */
const MOST_LINES = 64;

/** Places of the largest of very many values, in their order; of fewer all. */
function foremost(values) {
  const places = [...values.keys()], size = (k) => (known(values[k]) ? values[k] : -1);
  if (values.length <= MOST_LINES) return places;
  return places.sort((a, b) => size(b) - size(a)).slice(0, MOST_LINES).sort((a, b) => a - b);
}

/** What is said under a map of the foremost only. */
const ofForemost = (n, what) =>
  n > MOST_LINES && el("p", { class: "caption" }, `The ${MOST_LINES} ${what} with the largest values, of ${n}; the numbers as a table and the download have all.`);

/** A grid with a row for each modality, as `opts` of `grid` without rows say it: of very many the foremost. */
function gridOfModalities(opts) {
  const largest = NAMES.map((_, r) => most(opts.columns.map((__, c) => opts.value(r, c)).filter(known).map(Math.abs)));
  const rows = foremost(largest), of = (act) => act && ((r, c) => act(rows[r], c));
  const some = { rows: rows.map((r) => NAMES[r]), value: of(opts.value), text: of(opts.text), describe: of(opts.describe) };
  return el("div", {}, grid({ ...opts, ...some }), ofForemost(nM, "modalities"));
}

/** opts: width, rows, columns (names), value(r, c), max, min (a negative one makes two colours),
 *  text(r, c) for cells with room, describe(r, c) for the readout,
 *  pick(r, c) on click or Enter, xTitle, yTitle, made (the frame, for its readout), tall: pixels per row */
function grid(opts) {
  const { rows, columns, width } = opts;
  const size = measure(opts);
  const { left, top, cw, ch } = size;
  const height = top + rows.length * ch + (opts.xTitle ? 26 : 6);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart" });
  rows.forEach((name, r) => {
    if (ch < 8 && r % Math.ceil(10 / ch)) return;
    add(svg, draw("text", { x: left - 6, y: top + (r + 0.5) * ch + size.font * 0.35, "text-anchor": "end", class: "name", "font-size": size.font },
      clipped(name, size.room), draw("title", {}, name)));
  });
  if (top > 8) columns.forEach((name, c) => {
    const px = left + (c + 0.5) * cw;
    const turned = size.turned ? { transform: `translate(${px + size.font * 0.35} ${top - 6}) rotate(-90)`, "text-anchor": "start" } : { x: px, y: top - 7, "text-anchor": "middle" };
    add(svg, draw("text", { ...turned, class: "name", "font-size": size.font }, clipped(name, size.turned ? 22 : Math.floor(cw / size.above)), draw("title", {}, name)));
  });
  const gap = cw > 12 && ch > 12 ? 1 : 0;
  const scale = Math.max(opts.max, -(opts.min || 0)) || 1;
  rows.forEach((_, r) => columns.forEach((__, c) => {
    const v = opts.value(r, c), px = left + c * cw, py = top + r * ch;
    const share = known(v) ? Math.min(1, Math.abs(v) / scale) : 0;
    add(svg, draw("rect", { x: px.toFixed(2), y: py.toFixed(2), width: (cw - gap).toFixed(2), height: ch - gap, class: known(v) ? "ground" : "nothing" }));
    if (share > 0 && (v > 0 || opts.min < 0)) {
      add(svg, draw("rect", { x: px.toFixed(2), y: py.toFixed(2), width: (cw - gap).toFixed(2), height: ch - gap, class: v > 0 ? "hot" : "cold", "fill-opacity": share.toFixed(3) }));
    }
    if (cw >= (opts.wide || 34) && ch >= 15 && known(v) && opts.text) {
      add(svg, draw("text", { x: px + cw / 2, y: py + ch / 2 + 4, "text-anchor": "middle", class: "cell" }, opts.text(r, c)));
    }
  }));
  if (opts.xTitle) add(svg, draw("text", { x: left + (columns.length * cw) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, opts.xTitle));
  return walkable(svg, opts, size);
}

function measure(opts) {
  const { rows, columns, width } = opts;
  const longest = Math.max(...rows.map((name) => name.length)), widest = Math.max(...columns.map((name) => name.length));
  const font = rows.length > 40 || width < 420 ? 11 : 12, letter = letterOf(rows, font), above = letterOf(columns, font);
  const left = Math.min(longest * letter + 12, width * (width < 420 ? 0.34 : 0.3));
  const cw = Math.min((width - left - 2) / columns.length, opts.widest || 140);
  const turned = widest * above > cw - 4;
  const named = cw >= font || !turned;
  const top = named ? (turned ? Math.min(widest, 22) * above + 14 : 24) : 6;
  const ch = opts.tall || (rows.length > 40 ? Math.max(11, Math.min(15, cw)) : rows.length > 14 ? 20 : 30);
  return { font, left, cw, top, ch, turned, above, room: Math.floor((left - 8) / letter) };
}

/** What a grid of shares, told in %, adds to the options of `grid`. */
function sharesOf(values, top) {
  const digits = shareDigits(top);
  return { max: top, value: (r, c) => values[r][c], text: (r, c) => (100 * values[r][c]).toFixed(digits), wide: 26 + 6 * digits };
}

/** Around the drawing: hover and arrow keys move a frame and tell the cell, click and Enter pick it. */
function walkable(svg, opts, { left, top, cw, ch }) {
  const cursor = draw("rect", { width: cw, height: ch, class: "cursor", visibility: "hidden" });
  add(svg, cursor);
  let at = null;
  const go = (r, c) => {
    at = [Math.max(0, Math.min(opts.rows.length - 1, r)), Math.max(0, Math.min(opts.columns.length - 1, c))];
    put(cursor, { x: left + at[1] * cw, y: top + at[0] * ch, visibility: "visible" });
    opts.made.readout.textContent = opts.describe(...at);
  };
  const under = (event) => {
    const seen = svg.getBoundingClientRect(), zoom = opts.width / seen.width;
    const c = Math.floor(((event.clientX - seen.left) * zoom - left) / cw), r = Math.floor(((event.clientY - seen.top) * zoom - top) / ch);
    return r >= 0 && c >= 0 && r < opts.rows.length && c < opts.columns.length ? [r, c] : null;
  };
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  return el("div", {
    class: "walk", tabindex: "0", role: "group",
    "aria-label": `Heat map with ${opts.rows.length} rows and ${opts.columns.length} columns. Arrow keys move from cell to cell${opts.pick ? ", Enter chooses" : ""}; the line below tells the cell.`,
    onmousemove: (event) => { const cell = under(event); if (cell && String(cell) !== String(at)) go(...cell); },
    onclick: (event) => { const cell = under(event); if (cell) { go(...cell); if (opts.pick) opts.pick(...cell); } },
    onkeydown: (event) => {
      if (steps[event.key]) { event.preventDefault(); const [dr, dc] = at ? steps[event.key] : [0, 0]; go((at || [0, 0])[0] + dr, (at || [0, 0])[1] + dc); }
      else if (event.key === "Enter" && at && opts.pick) opts.pick(...at);
    },
  }, svg);
}

/** The colours of a grid in words and pixels. */
function scaleOf(low, high, unit) {
  const ends = low < 0 ? [fixed(low, 2), "0", fixed(high, 2)] : ["0", fixed(high, high < 1 ? 2 : high < 10 ? 1 : 0)];
  return el("p", { class: `scale ${low < 0 ? "both" : ""}`, "aria-hidden": "true" }, el("span", {}, ends[0]), el("i"), el("span", {}, `${ends[ends.length - 1]} ${unit}`));
}
