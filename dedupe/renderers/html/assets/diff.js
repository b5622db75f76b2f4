// Inline is what the page holds; side by side is made of it, row by row.
const narrow = matchMedia("(max-width: 44rem)");

function isSplit() {
  return state.view === "split" && !narrow.matches;
}

// Numbers the places of change: a deletion with the insertion that follows is one.
function numberPlaces(diff) {
  let place = -1;
  for (const change of diff.querySelectorAll("del, ins")) {
    const before = change.previousSibling;
    const joined = before?.nodeType === Node.TEXT_NODE && !before.data.trim() ? before.previousSibling : before;
    if (!joined?.matches?.("del, ins")) place += 1;
    change.dataset.place = place;
  }
  diff.dataset.places = place + 1;
}

// What stood before a change that the other side has.
function trimStart(cell) {
  while (cell.firstChild?.nodeType === Node.TEXT_NODE) {
    cell.firstChild.data = cell.firstChild.data.trimStart();
    if (cell.firstChild.data) return;
    cell.firstChild.remove();
  }
}

function splitCell(paragraph, unwanted) {
  const cell = paragraph.cloneNode(true);
  for (const change of cell.querySelectorAll(unwanted)) change.remove();
  if (unwanted === "ins") {
    for (const faint of cell.querySelectorAll(".f")) faint.textContent = faint.dataset.l;
  }
  trimStart(cell);
  const box = document.createElement("div");
  box.className = cell.textContent.trim() ? "cell" : "cell empty";
  box.append(...cell.childNodes);
  return box;
}

function splitRows(children) {
  return [...children].map((child) => {
    if (child.matches("p.fold, summary")) return child.cloneNode(true);
    if (child.matches(".fold")) {
      const fold = child.cloneNode(false);
      fold.append(...splitRows(child.children));
      return fold;
    }
    const row = document.createElement("div");
    row.className = "row";
    row.append(splitCell(child, "ins"), splitCell(child, "del"));
    return row;
  });
}

function splitHeads(diff) {
  const heads = document.createElement("div");
  heads.className = "row heads";
  for (const who of [diff.closest(".members").querySelector(".kept"), diff.closest("li")]) {
    const cell = document.createElement("div");
    cell.className = "cell";
    cell.textContent = who.querySelector(".who").textContent;
    heads.append(cell);
  }
  return heads;
}

function makeSplit(diff) {
  const split = document.createElement("div");
  split.className = "split";
  split.append(splitHeads(diff), ...splitRows(diff.children));
  diff.after(split);
  return split;
}

function prepareCluster(cluster) {
  fillCluster(cluster);
  for (const diff of cluster.querySelectorAll(".pair[open]:not(.text) > .diff")) {
    if (diff.dataset.places === undefined) numberPlaces(diff);
    let split = diff.parentElement.querySelector(":scope > .split");
    if (isSplit()) split ??= makeSplit(diff);
    diff.hidden = isSplit();
    if (split) split.hidden = !isSplit();
  }
}

function showView() {
  $("view-inline").setAttribute("aria-pressed", state.view === "inline");
  $("view-split").setAttribute("aria-pressed", state.view === "split");
  for (const cluster of document.querySelectorAll(".cluster[open]")) prepareCluster(cluster);
}

function setView(view) {
  state.view = view;
  remember("view", view);
  showView();
  markFound();
  keepCurrent();
  writeState();
}

function foldAll() {
  const folds = [...document.querySelectorAll(".cluster[open] .fold")];
  const open = folds.some((fold) => !fold.open);
  for (const fold of folds) if (fold.matches("details")) fold.open = open;
}

function startDiffs() {
  $("view-inline").addEventListener("click", () => setView("inline"));
  $("view-split").addEventListener("click", () => setView("split"));
  narrow.addEventListener("change", showView);
}
