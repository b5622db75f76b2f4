// Runs before the body is there, so that no page lights up before it turns dark.
function applyTheme() {
  const root = document.documentElement;
  root.classList.add("js");
  if (state.theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = state.theme;
}

function nextTheme() {
  const themes = CHOICES.theme;
  state.theme = themes[(themes.indexOf(state.theme) + 1) % themes.length];
  remember("theme", state.theme);
  applyTheme();
  showTheme();
  writeState();
}

function showTheme() {
  document.querySelector("#theme span").textContent = state.theme;
}

readState();
applyTheme();
