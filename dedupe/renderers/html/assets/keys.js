function focusedCluster() {
  return document.activeElement?.closest?.(".cluster") ?? null;
}

function moveCluster(step) {
  const focused = focusedCluster();
  if (step > 0 && focused && !focused.nextElementSibling && last < found.length) showLater();
  if (step < 0 && focused && !focused.previousElementSibling && first > 0) showEarlier();
  const neighbour = step > 0 ? focused?.nextElementSibling : focused?.previousElementSibling;
  const target = focused ? neighbour : document.querySelector("#rows > .cluster");
  if (!target) return;
  const summary = target.querySelector("summary");
  summary.focus({ preventScroll: true });
  target.scrollIntoView({ block: target.open ? "start" : "nearest" });
}

function toggleCluster() {
  const cluster = focusedCluster();
  if (cluster) {
    cluster.open = !cluster.open;
    cluster.querySelector("summary").focus();
  }
}

function searchField() {
  return $("q") ?? $("find");
}

const KEYS = {
  M: () => moveMember(-1),
  a: () => takeChoice(focusedMember(), "instead"),
  c: () => showDecisions(),
  d: () => takeChoice(focusedMember(), "drop"),
  e: () => expandAll(),
  m: () => moveMember(1),
  y: () => takeChoice(focusedMember(), "keep"),
  z: () => undoChoice(),
  1: () => judgeFocused("same"),
  2: () => judgeFocused("different"),
  3: () => judgeFocused("unsure"),
  "/": () => { searchField().focus(); searchField().select(); },
  "?": () => $("keys").showModal(),
  j: () => moveCluster(1),
  k: () => moveCluster(-1),
  n: () => moveChange(1),
  o: toggleCluster,
  p: () => moveChange(-1),
  r: () => resetFilters(),
  s: () => setView(state.view === "split" ? "inline" : "split"),
  t: nextTheme,
  u: foldAll,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would empty itself, and not say so
      event.target.blur();
    }
    return;
  }
  const needsClusters = !["?", "t"].includes(event.key);
  if (!Object.hasOwn(KEYS, event.key) || (needsClusters && !$("rows"))) return;
  event.preventDefault();
  KEYS[event.key]();
}

function startKeys() {
  addEventListener("keydown", onKey);
  $("help").addEventListener("click", () => $("keys").showModal());
  $("keys-close").addEventListener("click", () => $("keys").close());
  $("theme").addEventListener("click", nextTheme);
}
