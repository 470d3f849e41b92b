// Puts all parts on the page.

function themeButton() {
  const button = document.getElementById("theme"), root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const tell = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; tell(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  tell();
}

/** The lag and the pair at which two modalities tell most together. */
function startingPoint() {
  let best = -Infinity;
  for (let i = 0; i < nM; i += 1) {
    for (let j = i + 1; j < nM; j += 1) {
      const joint = atomOf("joint_mi", i, j, -1);
      if (known(joint.bits) && joint.bits > best) { best = joint.bits; Object.assign(chosen, { i, j, lag: joint.lag }); }
    }
  }
}

const hostOf = (id) => document.getElementById(id);
themeButton();
hostOf("copy-repeat").addEventListener("click", () => copy(hostOf("repeat").textContent, "The lines to repeat the run"));
if (hostOf("pair-host")) {
  startingPoint();
  pairFrame(hostOf("pair-host"));
  const host = hostOf("map-host");
  sharedControls(host);
  const side = el("div", { class: nM > 14 ? "" : "two" });
  add(host, side);
  mapFrame(side);
  networkFrame(side);
  tableFrame(hostOf("table-host"));
}
if (hostOf("alone-host")) aloneFrame(hostOf("alone-host"));
modelPart(hostOf("used-host"));
windowPart(hostOf("windows-host"));
scoresPart(hostOf("good-host"));
document.documentElement.dataset.ready = "yes";
whenIdle(drawRest);
