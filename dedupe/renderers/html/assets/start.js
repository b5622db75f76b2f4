function applyState() {
  applyTheme();
  showTheme();
  if (!$("rows")) return;
  showFilters();
  applySearch();
  showView();
  if (state.cluster) openCluster(state.cluster);
  showPosition();
}

// A link within the page, to what was skipped.
function openFinding() {
  const section = document.getElementById(location.hash.slice(1));
  const isFinding = Boolean(section?.matches(".finding"));
  if (isFinding) section.querySelector("details").open = true;
  return isFinding;
}

document.addEventListener("DOMContentLoaded", () => {
  startKeys();
  if ($("rows")) {
    indexClusters();
    startList();
    startFilters();
    startDiffs();
    startChanges();
    startChoosing();
    startDecisions();
    prepareSearch();
  }
  applyState();
  if ($("rows") && !state.cluster) openFirst();
  openFinding();
  addEventListener("hashchange", () => {
    if (openFinding()) return;
    readState();
    applyState();
  });
});
