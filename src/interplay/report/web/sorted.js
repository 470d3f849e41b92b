// Tables of the page that any heading sorts, shown some rows at a time.

/** Let a table be sorted; a cell's data-value goes before its text, and a dash comes last. */
function sortable(table, step = 15) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], rows = [...body.rows];
  const state = { by: -1, down: true, shown: step };
  const valueOf = (row, k) => {
    const cell = row.cells[k], text = (cell.dataset.value ?? cell.textContent).trim();
    if (text === "" || text === "–" || text === "nan") return null;
    const value = Number(text.replace(/(?<=\d),(?=\d{3})/g, ""));
    return Number.isNaN(value) ? text : value;
  };
  const more = el("button", { type: "button", onclick: () => { state.shown += 3 * step; show(); } });
  const tools = el("p", { class: "tools" }, more);
  function show() {
    rows.forEach((row, k) => { row.hidden = k >= state.shown; });
    tools.hidden = rows.length <= state.shown;
    more.textContent = `Show ${Math.min(3 * step, rows.length - state.shown)} more`;
  }
  function sortBy(k) {
    const first = rows.map((row) => valueOf(row, k)).find((v) => v !== null);
    state.down = state.by === k ? !state.down : typeof first === "number";
    state.by = k;
    const sign = state.down ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [valueOf(a, k), valueOf(b, k)];
      if (x === null || y === null) return x !== null ? -1 : y !== null ? 1 : 0;
      return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
    });
    body.append(...rows);
    heads.forEach((head, n) => {
      head.setAttribute("aria-sort", n === k ? (state.down ? "descending" : "ascending") : "none");
      head.querySelector("[aria-hidden]").textContent = n === k ? (state.down ? " ↓" : " ↑") : "";
    });
    show();
  }
  heads.forEach((head, k) => {
    const name = head.textContent;
    // on a phone each row is a block, with its headings beside its cells
    for (const row of rows) if (k) row.cells[k].dataset.label = name;
    head.replaceChildren(el("button", { type: "button", class: "sort", onclick: () => sortBy(k) }, name, el("span", { "aria-hidden": "true" })));
  });
  table.parentElement.after(tools);
  show();
}
