// The frame of every chart: title, caption, controls, drawing, numbers as a table, copy and download.

const frames = [];

const cellText = (value) => (typeof value === "number" ? (Number.isInteger(value) ? String(value) : short4(value)) : value ?? "–");
const short4 = (v) => String(Number(v.toPrecision(4)));

/** RFC 4180; numbers with as many digits as are embedded; text that a spreadsheet would run as a formula, after blanks
 *  and quotes too, is quoted with an apostrophe. */
function csvOf({ columns, rows }) {
  const cell = (value) => {
    if (!known(value)) return "";
    const text = typeof value === "string" ? (/^[\s"']*[=+@\-\t\r\uFF1D\uFF0B\uFF20\uFF0D]/.test(value) ? `'${value}` : value) : typeof value === "number" && !Number.isInteger(value) ? short4(value) : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function download(name, text) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(`${name} was downloaded.`);
}

/** Files opened from disk are often refused the clipboard; then a hidden text field does it. */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { class: "hidden", "aria-hidden": "true" }, text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(`${what} copied.`);
}

/** Whether all numbers of a column are told well by three decimals, and some need them. */
function evenDigits(values) {
  const numbers = values.filter(known);
  return numbers.every((v) => typeof v === "number" && (v === 0 || (Math.abs(v) >= 0.0005 && Math.abs(v) < 1000))) && numbers.some((v) => !Number.isInteger(v));
}

/** As many columns stand side by side on a phone; of more each row is a block. */
const FEW_COLUMNS = 4;

/** A table element of plain columns and rows, its first column as row headers. */
function tableOf({ columns, rows }, most = 500) {
  const even = columns.map((_, k) => evenDigits(rows.map((row) => row[k])));
  const body = rows.slice(0, most).map((row) =>
    el("tr", {}, row.map((value, k) => el(k ? "td" : "th", { scope: k ? null : "row", class: typeof value === "number" ? "n" : null, "data-label": columns[k] }, even[k] && known(value) ? value.toFixed(3) : cellText(value)))));
  const numeric = (k) => rows.some((row) => typeof row[k] === "number");
  return el("div", { class: "scroll" },
    el("table", { class: columns.length > FEW_COLUMNS ? "stack" : null },
      el("thead", {}, el("tr", {}, columns.map((name, k) => el("th", { scope: "col", class: numeric(k) ? "n" : null }, name)))),
      el("tbody", {}, body)),
    rows.length > most && el("p", { class: "caption" }, `The first ${most} of ${rows.length.toLocaleString("en")} rows; the download has all.`));
}

/** Put a chart into `host`.
 *  spec.id, title, caption: what it is and how to read it
 *  spec.controls: elements above the drawing
 *  spec.draw(width, box): the drawing for so many pixels; may put more than one node
 *  spec.label(): the drawing in one sentence, for those who do not see it
 *  spec.table(): { columns, rows }, all numbers behind the drawing
 *  spec.hint: what stands in the line that tells single cells, before one is looked at
 *  spec.plain: the drawing is a table already */
function frame(host, spec) {
  const box = el("div", { class: "plot" });
  const readout = el("p", { class: "readout", "aria-live": "polite" }, spec.hint || "");
  const held = el("div");
  const numbers = el("details", { class: "numbers", ontoggle: () => held.replaceChildren(...(numbers.open ? [tableOf(spec.table())] : [])) },
    el("summary", {}, "Numbers as a table"));
  const file = `${spec.id}.csv`;
  const tools = el("div", { class: "tools" }, spec.plain ? null : numbers,
    el("button", { type: "button", class: "csv", onclick: () => download(file, csvOf(spec.table())) }, "Download CSV", el("span", { class: "hidden" }, ` of: ${spec.title}`)),
    el("button", { type: "button", onclick: () => copy(csvOf(spec.table()), "Numbers") }, "Copy numbers", el("span", { class: "hidden" }, ` of: ${spec.title}`)));
  const caption = el("p", { class: "caption" }, spec.caption);
  const controls = spec.controls ? el("div", { class: "controls" }, spec.controls) : null;
  const figure = el("figure", { id: spec.id },
    el("figcaption", {}, el("h3", {}, spec.title), caption), controls, box, spec.hint !== undefined && readout, tools, held);
  const made = { figure, box, readout, width: 0, drawn: false, spec, caption };
  made.show = (wide = box.clientWidth) => {
    made.drawn = true;
    made.width = wide;
    const drawing = spec.draw(Math.max(made.width, 240), made);
    box.replaceChildren(...[drawing].flat());
    const svg = box.querySelector("svg");
    if (svg && spec.label) put(svg, { role: "img", "aria-label": spec.label() });
    if (numbers.open) held.replaceChildren(tableOf(spec.table()));
  };
  made.again = () => made.drawn && made.show();
  host.append(figure);
  frames.push(made);
  watching.observe(figure);
  resizing.observe(box);
  return made;
}

// charts are drawn when they come near the window, so that the page opens at once; the others one by one when there is
// time, so that the page does not grow under a reader who jumps; all of them before printing
const watching = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    const made = isIntersecting && frames.find((one) => one.figure === target);
    if (made && !made.drawn) made.show();
  }
}, { rootMargin: "400px" });
const resizing = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const made = frames.find((one) => one.box === target);
    if (made && made.drawn && Math.abs(made.width - target.clientWidth) > 2) made.show();
  }
});
// letters on paper are as large as on a screen: charts are drawn for its width, and what is folded is unfolded
const PAPER = 690;
window.addEventListener("beforeprint", () => {
  for (const made of frames) made.show(Math.min(PAPER, made.box.closest(".two") ? PAPER / 2 - 18 : PAPER));
  for (const words of document.querySelectorAll("details:not([open], .numbers)")) put(words, { open: true, "data-folded": true });
});
window.addEventListener("afterprint", () => {
  for (const made of frames) made.show();
  for (const words of document.querySelectorAll("details[data-folded]")) { words.open = false; words.removeAttribute("data-folded"); }
});
const whenIdle = window.requestIdleCallback || ((act) => setTimeout(act, 50));
function drawRest() {
  const next = frames.find((made) => !made.drawn);
  if (!next) return;
  next.show();
  whenIdle(drawRest);
}

// ---- controls

let labels = 0;
function labelled(text, control, extra) {
  labels += 1;
  control.id = control.id || `control-${labels}`;
  return el("span", { class: `control ${extra || ""}` }, el("label", { for: control.id }, text), control);
}

/** A list to choose from; options are [value, text]. */
function picker(text, options, value, act, id) {
  const select = el("select", { id, onchange: () => act(select.value) },
    options.map(([key, name]) => el("option", { value: key, selected: String(key) === String(value) }, name)));
  return labelled(text, select);
}

function ticked(text, value, act, id) {
  const box = el("input", { type: "checkbox", id, checked: value, onchange: () => act(box.checked) });
  labels += 1;
  box.id = box.id || `control-${labels}`;
  return el("span", { class: "control tick" }, box, el("label", { for: box.id }, text));
}
