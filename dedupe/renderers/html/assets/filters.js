// Search, filters, order and charts: each changes the state, and shows it.
function fields() {
  return ["q", "jmin", "jmax", "nmin", "nmax", "site", "sort"].filter((name) => $(name));
}

function relationBoxes() {
  return [...document.querySelectorAll("input[name=rel]")];
}

function showFilters() {
  if (!$("filters")) return;
  for (const name of fields()) if ($(name).value !== state[name]) $(name).value = state[name];
  const relations = state.rel.split(",");
  for (const box of relationBoxes()) box.checked = relations.includes(box.value);
  const active = FILTERS.filter((name) => state[name] !== DEFAULTS[name]).length;
  $("active").textContent = active || "";
  $("reset").hidden = !active && !state.q;
  for (const bar of document.querySelectorAll("[data-jmin], [data-nmin]")) {
    bar.classList.toggle("chosen", Object.entries(bar.dataset).every(([name, value]) => state[name] === value));
  }
}

function changeFilters(changes) {
  const atList = $("clusters").getBoundingClientRect().top < 0;
  Object.assign(state, changes);
  state.cluster = "";
  showFilters();
  applySearch();
  showPosition();
  writeState();
  if (atList) $("clusters").scrollIntoView();
}

function resetFilters() {
  if (!$("filters")) return;
  const cleared = Object.fromEntries(["q", ...FILTERS].map((name) => [name, DEFAULTS[name]]));
  changeFilters(cleared);
}

function chooseBar(bar) {
  const { jmin, jmax, nmin, nmax } = bar.dataset;
  const range = jmin === undefined ? { nmin, nmax } : { jmin, jmax };
  const chosen = bar.classList.contains("chosen");
  changeFilters(chosen ? Object.fromEntries(Object.keys(range).map((name) => [name, ""])) : range);
}

function startFilters() {
  if (!$("filters")) return;
  for (const name of fields()) {
    $(name).addEventListener("input", () => changeFilters({ [name]: $(name).value }));
  }
  for (const box of relationBoxes()) {
    box.addEventListener("change", () => {
      const chosen = relationBoxes().filter((each) => each.checked).map((each) => each.value);
      changeFilters({ rel: chosen.join(",") });
    });
  }
  for (const id of ["reset", "none-reset"]) $(id).addEventListener("click", resetFilters);
  $("filters-toggle").addEventListener("click", () => {
    const unfolded = document.querySelector(".tools").classList.toggle("unfolded");
    $("filters-toggle").setAttribute("aria-expanded", unfolded);
  });
  document.querySelector(".charts")?.addEventListener("click", (event) => {
    const bar = event.target.closest("[data-jmin], [data-nmin]");
    if (bar) chooseBar(bar);
  });
}
