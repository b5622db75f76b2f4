// Of the clusters found, the page holds a window that grows at its ends.
const PAGE = 60;
const PRINTED = 500;
let found = [];
let first = 0;
let last = 0;
const silent = new Set(); // clusters that were not opened or closed by the reader one by one

const $ = (id) => document.getElementById(id);
const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function showFrom(start) {
  first = start;
  last = Math.min(found.length, start + PAGE);
  $("rows").replaceChildren(...found.slice(first, last).map(elementOf));
  showEnds();
}

function showLater(count = PAGE) {
  const end = Math.min(found.length, last + count);
  $("rows").append(...found.slice(last, end).map(elementOf));
  last = end;
  showEnds();
}

function showEarlier() {
  const anchor = $("rows").firstElementChild;
  const top = anchor?.getBoundingClientRect().top;
  const start = Math.max(0, first - PAGE);
  $("rows").prepend(...found.slice(start, first).map(elementOf));
  first = start;
  showEnds();
  if (anchor) scrollBy(0, anchor.getBoundingClientRect().top - top);
}

function showEnds() {
  $("earlier").hidden = first === 0;
  $("later").hidden = last === found.length;
  showSnippets();
  showExpand();
  markFound();
}

// Shows where a search met the texts of clusters, in their lines.
function showSnippets() {
  const terms = normalise(state.q).split(/\s+/).filter(Boolean);
  for (const cluster of $("rows").children) {
    const text = terms.length ? entryOf.get(cluster.id.slice(2)).snippet(terms) : "";
    let snippet = cluster.querySelector(":scope > summary > .snippet");
    if (!text) snippet?.remove();
    else {
      if (!snippet) {
        snippet = document.createElement("span");
        snippet.className = "snippet";
        snippet.append(document.createElement("bdi"));
        cluster.querySelector("summary").append(snippet);
      }
      snippet.firstChild.textContent = text;
    }
  }
}

function applySearch() {
  found = findClusters();
  const duplicates = found.reduce((sum, entry) => sum + entry.size - 1, 0);
  const all = found.length === entries.length;
  const shown = all ? "" : ` of ${entries.length.toLocaleString("en")}`;
  $("count").textContent =
    `${found.length.toLocaleString("en")}${shown} ${found.length === 1 && all ? "cluster" : "clusters"}, ${plural(duplicates, "duplicate")}`;
  $("none").hidden = found.length > 0;
  showFrom(0);
}

// Opens a cluster, by itself if the filters would hide it.
function openCluster(id) {
  const entry = entryOf.get(id);
  if (!entry) return;
  let place = found.indexOf(entry);
  if (place < 0) {
    resetFilters();
    place = found.indexOf(entry);
  }
  if (place < first || place >= last) showFrom(Math.max(0, place - 3));
  const cluster = elementOf(entry);
  cluster.open = true;
  prepareCluster(cluster);
  cluster.scrollIntoView({ block: "start" });
  cluster.querySelector("summary").focus({ preventScroll: true });
}

// What the reader sees first is a cluster with its differences.
function openFirst() {
  const cluster = $("rows").firstElementChild;
  if (!cluster || cluster.open) return;
  silent.add(cluster);
  cluster.open = true;
  prepareCluster(cluster);
  showExpand();
}

function startList() {
  $("earlier").addEventListener("click", showEarlier);
  $("later").addEventListener("click", () => showLater());
  const observer = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    showLater();
    observer.unobserve($("later")); // only a change is told, and it may still be near
    observer.observe($("later"));
  }, { rootMargin: "800px" });
  observer.observe($("later"));
  addEventListener("beforeprint", () => showLater(Math.max(0, PRINTED - (last - first))));
  $("rows").addEventListener("toggle", (event) => {
    const toggled = event.target;
    if (toggled.matches(".fold")) return;
    const cluster = toggled.closest(".cluster");
    if (toggled.open) {
      prepareCluster(cluster);
      markFound();
    }
    if (toggled === cluster) showExpand();
    if (toggled === cluster && !silent.delete(cluster)) {
      const id = cluster.id.slice(2);
      if (cluster.open) state.cluster = id;
      else if (state.cluster === id) state.cluster = "";
      writeState();
    }
    showPosition();
  }, true);
  $("rows").addEventListener("click", (event) => {
    const link = event.target.closest(".facts a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    state.cluster = link.closest(".cluster").id.slice(2);
    writeState();
    navigator.clipboard?.writeText(location.href).then(() => announce("link copied"), () => {});
  });
}
