// The button that copies the lines to repeat the run.

section("trust", () => {
  hostOf("copy-repeat").addEventListener("click", () => copy(hostOf("repeat").textContent, "The lines to repeat the run"));
});
