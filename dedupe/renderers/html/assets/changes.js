// From change to change, through all differences that are open.
let current = null; // { diff, place }

function openDiffs() {
  return [...document.querySelectorAll(".cluster[open] .pair[open] > .diff")].filter((diff) => Number(diff.dataset.places));
}

function listPlaces() {
  return openDiffs().flatMap((diff) =>
    Array.from({ length: Number(diff.dataset.places) }, (_, place) => ({ diff, place })));
}

function elementsOf({ diff, place }) {
  const holder = isSplit() ? diff.parentElement.querySelector(":scope > .split") : diff;
  return [...holder.querySelectorAll(`[data-place="${place}"]`)];
}

function markCurrent() {
  for (const marked of document.querySelectorAll(".current")) marked.classList.remove("current");
  if (current) for (const element of elementsOf(current)) element.classList.add("current");
}

function positionOf(places) {
  return current ? places.findIndex((each) => each.diff === current.diff && each.place === current.place) : -1;
}

function firstVisible(places) {
  return places.findIndex((each) => elementsOf(each)[0]?.getBoundingClientRect().top >= 0);
}

function moveChange(step) {
  if (!openDiffs().length) openNextDifference();
  const places = listPlaces();
  if (!places.length) return;
  const at = positionOf(places);
  let next = at + step;
  if (at < 0) next = Math.max(0, firstVisible(places));
  current = places[(next + places.length) % places.length];
  markCurrent();
  elementsOf(current)[0].scrollIntoView({ block: "center" });
  showPosition();
}

// Nothing is open: open the cluster that has the focus, or the first one.
function openNextDifference() {
  const cluster = focusedCluster() ?? document.querySelector(".cluster");
  if (!cluster) return;
  cluster.open = true;
  fillCluster(cluster);
  const pair = cluster.querySelector(".pair:not(.text)");
  if (pair) pair.open = true;
  prepareCluster(cluster);
}

function keepCurrent() {
  markCurrent();
  if (current) elementsOf(current)[0]?.scrollIntoView({ block: "center" });
}

function showPosition() {
  const places = listPlaces();
  const at = positionOf(places);
  if (at < 0) current = null;
  $("pager").hidden = !places.length;
  $("position").textContent = at < 0
    ? plural(places.length, "change")
    : `${(at + 1).toLocaleString("en")} of ${places.length.toLocaleString("en")}`;
}

function announce(text) {
  const before = $("count").textContent;
  $("count").textContent = text;
  setTimeout(() => {
    if ($("count").textContent === text) $("count").textContent = before;
  }, 1500);
}

function startChanges() {
  $("next").addEventListener("click", () => moveChange(1));
  $("previous").addEventListener("click", () => moveChange(-1));
}
