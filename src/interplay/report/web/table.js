// All pairs as a table: filtered, sorted by any column, a page at a time.

const PAGE = 15;
const COLUMNS = ["first", "second", "redundancy", "unique to first", "unique to second", "synergy", "together", "q"];
const sorting = { by: 6, down: true, shown: PAGE };

/** Rows [i, j, atoms...] of the pairs that pass the filters, at the chosen lag, sorted. */
function pairRows() {
  const rows = [];
  for (let i = 0; i < nM; i += 1) {
    for (let j = i + 1; j < nM; j += 1) {
      if (!(passes(i) || passes(j))) continue;
      const atoms = [atomOf("redundancy", i, j, chosen.lag), atomOf("unique", i, j, chosen.lag), atomOf("unique", j, i, chosen.lag), atomOf("synergy", i, j, chosen.lag)];
      if (chosen.clear && !atoms.some((one) => one.clear)) continue;
      const joint = atomOf("joint_mi", i, j, chosen.lag);
      rows.push({ i, j, atoms, joint, cells: [NAMES[i], NAMES[j], ...atoms.map((one) => one.bits), joint.bits, joint.q] });
    }
  }
  const sign = sorting.down ? -1 : 1, by = sorting.by;
  return rows.sort((a, b) => {
    const [x, y] = [a.cells[by], b.cells[by]];
    if (!known(x) || !known(y)) return known(x) ? -1 : known(y) ? 1 : 0;
    return sign * (typeof x === "string" ? x.localeCompare(y) : x - y);
  });
}

function drawTable() {
  const rows = pairRows();
  const heads = COLUMNS.map((name, k) => el("th", { scope: "col", class: k > 1 ? "n" : null, "aria-sort": sorting.by === k ? (sorting.down ? "descending" : "ascending") : "none" },
    el("button", { type: "button", class: "sort", onclick: () => sortBy(k) }, name, el("span", { "aria-hidden": "true" }, sorting.by === k ? (sorting.down ? " ↓" : " ↑") : ""))));
  const top = Math.max(...rows.slice(0, sorting.shown).flatMap((row) => row.cells.slice(2, 7)).filter(known), 0.001);
  const body = rows.slice(0, sorting.shown).map((row) => el("tr", {},
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", "aria-label": `Show ${NAMES[row.i]} and ${NAMES[row.j]} over ${TIME.name}`, onclick: () => openPair(row.i, row.j) }, NAMES[row.i])),
    el("td", { "data-label": COLUMNS[1] }, NAMES[row.j]),
    [...row.atoms, row.joint].map((one, k) => barCell(one, top, k)),
    el("td", { class: "n", "data-label": COLUMNS[7] }, known(row.joint.q) ? short(row.joint.q) : "–")));
  return [
    el("p", { class: "sentence", id: "count", "aria-live": "polite" }, `${rows.length.toLocaleString("en")} of ${counted((nM * (nM - 1)) / 2, "pair")}, ${chosen.lag < 0 ? `each value ${TIME.preposition} the ${TIME.several} where it is largest` : lagText()}.`),
    el("div", { class: "scroll" }, el("table", { id: "pairs-table", class: "stack" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body))),
    rows.length > sorting.shown ? el("p", { class: "tools" }, el("button", { type: "button", id: "more", onclick: () => { sorting.shown *= 3; tableMade.again(); } }, `Show ${Math.min(2 * sorting.shown, rows.length - sorting.shown)} more`)) : "",
  ];
}

function barCell({ bits, clear }, top, k) {
  const share = known(bits) ? Math.max(0, bits / top) : 0;
  const colour = [...ATOMS.map((one) => one.colour), "var(--soft)"][k];
  return el("td", { class: clear ? "n bar" : "n bar faint", style: `--share:${(100 * share).toFixed(1)}%;--bar:${colour}`, "data-label": COLUMNS[k + 2] }, fixed(bits));
}

let tableMade;
function sortBy(k) {
  sorting.down = sorting.by === k ? !sorting.down : k > 1 && k < 7;
  sorting.by = k;
  tableMade.again();
  tableMade.box.querySelectorAll("button.sort")[k].focus();
}

/** Every moment and atom of the pairs that pass, a row each, for the download. */
function fullTable() {
  const rows = [];
  for (const { i, j } of pairRows()) {
    for (let k = 0; k < nL; k += 1) {
      const joint = atomAt("joint_mi", i, j, k);
      const atoms = [["redundancy", atomAt("redundancy", i, j, k)], ["unique to first", atomAt("unique", i, j, k)], ["unique to second", atomAt("unique", j, i, k)], ["synergy", atomAt("synergy", i, j, k)], ["together", joint]];
      for (const [what, one] of atoms) rows.push([NAMES[i], NAMES[j], ...TIME.cells[k], what, one.bits, one.error, one.clear ? "yes" : "no", what === "together" ? joint.p : null, what === "together" ? joint.q : null]);
    }
  }
  return { columns: ["first", "second", ...TIME.heads, "what", "bits", "standard error", "clear of chance", "p", "q"], rows };
}

function tableFrame(host) {
  tableMade = frame(host, {
    id: "table", title: "Table of all pairs", draw: drawTable, table: fullTable, plain: true,
    caption: `Bits; slanted grey numbers are not clear of chance. Choose a heading to sort, a name to see the pair over ${TIME.name}. The q-value is of all that the pair tells together. The download has every ${TIME.several}.`,
  });
  listen(["lag", "clear", "text", "group"], () => { sorting.shown = PAGE; tableMade.again(); });
}
