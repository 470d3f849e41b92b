// What the reader has chosen stands in the address, so that a view can be kept and sent.

const controls_at_start = new Map();
const chosen_controls = () => [...document.querySelectorAll("main select[id], main input[id]")].filter((control) => !/^control-\d+$/.test(control.id));
const valueOf = (control) => (control.type === "checkbox" ? String(control.checked) : control.value);
let remembering = false;

/** Write what differs from the start behind the name of the section, once all that is under way has been done. */
function remember() {
  if (remembering || !controls_at_start.size) return;
  remembering = true;
  requestAnimationFrame(() => {
    remembering = false;
    const changed = chosen_controls().filter((control) => controls_at_start.has(control.id) && controls_at_start.get(control.id) !== valueOf(control));
    const words = new URLSearchParams(changed.map((control) => [control.id, valueOf(control)])).toString();
    const [place] = location.hash.split("?");
    const hash = words ? `${place || "#"}?${words}` : place;
    // a page inside another may not be allowed to
    try { history.replaceState(null, "", hash || location.pathname); } catch { /* the view is then not in the address */ }
  });
}

/** Choose what the address says, one control after the other, as if the reader had. */
function recall() {
  for (const control of chosen_controls()) controls_at_start.set(control.id, valueOf(control));
  const [place, words] = location.hash.split("?");
  for (const [id, value] of new URLSearchParams(words || "")) {
    const control = controls_at_start.has(id) && hostOf(id);
    if (!control || valueOf(control) === value) continue;
    if (control.type === "checkbox") control.checked = value === "true";
    else control.value = value;
    for (const name of ["input", "change"]) control.dispatchEvent(new Event(name, { bubbles: true }));
  }
  document.addEventListener("change", remember);
  const target = place.length > 1 && hostOf(decodeURIComponent(place.slice(1)));
  if (words && target) target.scrollIntoView();
}
