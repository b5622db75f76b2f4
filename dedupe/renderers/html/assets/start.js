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

document.addEventListener("DOMContentLoaded", () => {
  startKeys();
  if ($("rows")) {
    indexClusters();
    startList();
    startFilters();
    startDiffs();
    startChanges();
    prepareSearch();
  }
  applyState();
  addEventListener("hashchange", () => {
    readState();
    applyState();
  });
});
