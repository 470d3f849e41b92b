// All pairs at once: the controls that the map, the network and the table share, and the map.

const ATOM_NAMES = { redundancy: "redundancy", unique: "uniqueness (row, not column)", synergy: "synergy", joint_mi: "all that a pair tells together" };
const lagText = () => (chosen.lag < 0 ? `the largest over ${TIME.over}` : TIME.points[chosen.lag]);
let mapView = "modalities";

function sharedControls(host) {
  const shown = el("output", { id: "lag-shown" }, lagText());
  const slider = el("input", { type: "range", id: "lag", min: -1, max: nL - 1, step: 1, value: chosen.lag, "aria-valuetext": lagText(), oninput: () => choose({ lag: Number(slider.value) }) });
  const search = el("input", { type: "search", id: "search", placeholder: "part of a name", oninput: () => choose({ text: search.value }) });
  add(host, el("h3", {}, "All pairs"), el("p", { class: "caption" }, "These choices hold for the map, the network and the table below."),
    el("div", { class: "controls", id: "shared" },
      picker("Show", Object.entries(ATOM_NAMES), chosen.atom, (atom) => choose({ atom }), "atom"),
      labelled(TIME.name[0].toUpperCase() + TIME.name.slice(1), el("span", { class: "slide" }, slider, shown)),
      labelled("Find", search),
      groupNames.length ? picker("Group", [["", "all"], ...groupNames.map((name) => [name, `${name} (${DATA.groups[name].length})`])], chosen.group, (group) => choose({ group }), "group") : null,
      ticked("only what is clear of chance", chosen.clear, (clear) => choose({ clear }), "clear")));
  // the label belongs to the slider, not to the span around it
  slider.closest(".control").querySelector("label").setAttribute("for", "lag");
  listen(["lag"], () => { slider.value = chosen.lag; shown.textContent = lagText(); put(slider, { "aria-valuetext": lagText() }); });
}

/** Mean and largest over the pairs of two groups, bits. */
function between(g, h) {
  const pairs = [];
  for (const i of DATA.groups[g]) for (const j of DATA.groups[h]) if (i !== j) pairs.push(atomOf(chosen.atom, i, j, chosen.lag));
  const shown = pairs.filter((one) => known(one.bits) && (!chosen.clear || one.clear));
  return { n: pairs.length, mean: mean(pairs.map((one) => one.bits)), max: shown.length ? most(shown.map((one) => one.bits)) : null };
}

function mapRows() {
  if (mapView === "modalities") {
    const rows = NAMES.map((_, k) => k).filter(passes);
    return { rows, columns: NAMES.map((_, k) => k), name: (k) => NAMES[k] };
  }
  return { rows: groupNames.filter((name) => !chosen.group || name === chosen.group), columns: groupNames, name: (g) => g };
}

function drawMap(width, made) {
  const all = mapRows(), { name } = all;
  if (!all.rows.length) return el("p", { class: "note" }, "No modality has such a name. Change what is written in Find.");
  const cellsOfAll = all.rows.map((a) => all.columns.map((b) => {
    if (mapView !== "modalities") { const both = between(a, b); return { bits: mapView === "mean" ? both.mean : both.max, n: both.n, clear: true }; }
    return a === b ? { bits: null } : atomOf(chosen.atom, a, b, chosen.lag);
  }));
  const hidden = (cell) => chosen.clear && !cell.clear;
  const size = (cell) => (hidden(cell) ? null : cell.bits);
  const atRows = foremost(cellsOfAll.map((row) => most(row.map(size))));
  const atColumns = foremost(all.columns.map((_, c) => most(cellsOfAll.map((row) => size(row[c])))));
  const rows = atRows.map((r) => all.rows[r]), columns = atColumns.map((c) => all.columns[c]);
  const cells = atRows.map((r) => atColumns.map((c) => cellsOfAll[r][c]));
  const top = Math.max(most(cells.flat().map((cell) => cell.bits)), 0.001);
  const map = grid({
    width, made, rows: rows.map(name), columns: columns.map(name), max: top,
    value: (r, c) => (known(cells[r][c].bits) ? (hidden(cells[r][c]) ? 0 : cells[r][c].bits) : null),
    text: (r, c) => (hidden(cells[r][c]) ? "" : bracketed(fixed(cells[r][c].bits, 2), !cells[r][c].clear)),
    describe: (r, c) => mapCell(name(rows[r]), name(columns[c]), cells[r][c]),
    pick: mapView === "modalities" ? (r, c) => rows[r] !== columns[c] && openPair(rows[r], columns[c]) : null,
  });
  return [map, ofForemost(all.columns.length, mapView === "modalities" ? "modalities" : "groups"), scaleOf(0, top, "bits")].filter(Boolean);
}

function mapCell(a, b, cell) {
  if (mapView !== "modalities") return `${a}, ${b}: ${known(cell.bits) ? `${fixed(cell.bits)} bits` : "nothing"} (${mapView === "mean" ? "mean" : "largest"} of ${counted(cell.n, "pair")})`;
  if (!known(cell.bits)) return a === b ? `${a}: a modality makes no pair with itself` : `${a}, ${b}: not known`;
  return `${a}, ${b}, ${TIME.points[cell.lag]}: ${bitsText(cell.bits, cell.error)}${qText(cell.q)}${cell.clear ? "" : "; not clear of chance"}`;
}

function mapTable() {
  const { rows, columns, name } = mapRows();
  if (mapView !== "modalities") {
    return { columns: ["group", "group", `mean ${chosen.atom} (bits)`, "largest", "pairs"], rows: rows.flatMap((g) => columns.map((h) => { const both = between(g, h); return [g, h, both.mean, both.max, both.n]; })) };
  }
  return {
    columns: ["row", "column", ...TIME.heads, `${chosen.atom} (bits)`, "from", "to", "clear of chance", "q"],
    rows: rows.flatMap((i) => columns.filter((j) => j !== i).map((j) => {
      const { bits, error, lag, clear, q } = atomOf(chosen.atom, i, j, chosen.lag);
      return [name(i), name(j), ...TIME.cells[lag], bits, known(error) ? bits - Z95 * error : null, known(error) ? bits + Z95 * error : null, clear ? "yes" : "no", q];
    })),
  };
}

function mapFrame(host) {
  const views = [["modalities", "every modality"], ["mean", "groups: mean of their pairs"], ["max", "groups: largest of their pairs"]];
  const made = frame(host, {
    id: "map", title: "Map of all pairs", table: mapTable, draw: drawMap, hint: `Point at a cell, or walk with the arrow keys, to read it; choose it to see the pair over ${TIME.name}.`,
    caption: "The darker the more (in the dark: the brighter). Numbers in brackets are not clear of chance.",
    controls: groupNames.length ? [picker("Rows", views, mapView, (view) => { mapView = view; made.again(); }, "view")] : null,
    label: () => `Heat map of ${ATOM_NAMES[chosen.atom]}, ${lagText()}.`,
  });
  listen(["atom", "lag", "clear", "text", "group"], made.again);
}
