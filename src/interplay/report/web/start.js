// Lets all sections draw.

function themeButton() {
  const button = hostOf("theme"), root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
}

themeButton();
for (const [name, act] of drawings) act(hostOf(name), DATA.sections[name]);
recall();
document.documentElement.dataset.ready = "yes";
whenIdle(drawRest);
