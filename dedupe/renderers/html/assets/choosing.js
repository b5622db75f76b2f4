// The buttons by which members are kept or dropped, and the keys for them.
const CHOICES_SHOWN = [["keep", "Keep"], ["drop", "Drop"], ["instead", "Keep instead"]];

function memberOf(item) {
  const cluster = item.closest(".cluster");
  const id = item.dataset.i ? JSON.parse(item.dataset.i) : item.querySelector(".who > :is(a, bdi)").textContent;
  return {
    id,
    isFixed: item.dataset.fixed === "reference",
    facts: {
      hash: item.dataset.h,
      cluster: cluster.id.slice(2),
      isKept: item.matches(".kept"),
      hasFixed: Boolean(cluster.querySelector(".members > [data-fixed=reference]")),
    },
  };
}

function addChoices(cluster) {
  for (const item of cluster.querySelectorAll(".members > li")) {
    item.tabIndex = -1;
    if (item.dataset.fixed === "reference") continue;
    const group = document.createElement("div");
    group.className = "choice";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Decision");
    for (const [name, label] of CHOICES_SHOWN) {
      if (name === "instead" && item.matches(".kept")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.choice = name;
      button.textContent = label;
      group.append(button);
    }
    item.querySelector(".nums").after(group);
  }
  showChoicesIn(cluster);
}

// What becomes of a member as far as the page can know: apply verifies it.
function fateOf(item, member, keptGoes) {
  const made = choices.get(member.id)?.choice;
  if (made) return made;
  if (member.facts.isKept) return "keep";
  return keptGoes || item.dataset.fixed ? "" : "drop";
}

function showChoicesIn(cluster) {
  const made = choicesOf(cluster.id.slice(2));
  const keptGoes = made.some(([, each]) => each.isKept && each.choice === "drop");
  for (const item of cluster.querySelectorAll(".members > li:has(> .choice)")) {
    const member = memberOf(item);
    const fate = fateOf(item, member, keptGoes);
    item.classList.toggle("decided", choices.has(member.id));
    item.classList.toggle("goes", fate === "drop");
    for (const button of item.querySelectorAll(":scope > .choice > [data-choice]")) {
      if (button.dataset.choice === "instead") continue;
      button.setAttribute("aria-pressed", button.dataset.choice === fate);
    }
  }
  let told = cluster.querySelector(":scope > summary > .told");
  if (!told) {
    told = document.createElement("span");
    told.className = "told";
    cluster.querySelector("summary").append(told);
  }
  told.classList.toggle("warning", keepsNothing(cluster.id.slice(2)));
  told.textContent = keepsNothing(cluster.id.slice(2))
    ? "nothing is kept: decide what stays"
    : made.length ? `${plural(made.length, "decision")}${keptGoes ? "; others go if they are duplicates of what stays" : ""}` : "";
}

function showChoices() {
  for (const cluster of document.querySelectorAll("#rows > .cluster")) showChoicesIn(cluster);
  $("decided").textContent = choices.size ? ` ${choices.size.toLocaleString("en")}` : "";
  $("undo").hidden = !earlier.length;
}

function takeChoice(item, name) {
  if (!item || item.dataset.fixed === "reference") return;
  const member = memberOf(item);
  if (name !== "instead") choose(member, name);
  else chooseInstead(member, memberOf(item.parentElement.querySelector(":scope > .kept")));
}

function focusedMember() {
  return document.activeElement?.closest?.(".members > li") ?? null;
}

function focusMember(item) {
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function moveMember(step) {
  const member = focusedMember();
  if (member) {
    const next = step > 0 ? member.nextElementSibling : member.previousElementSibling;
    if (next) focusMember(next);
    return;
  }
  const cluster = focusedCluster() ?? document.querySelector(".cluster[open]") ?? document.querySelector(".cluster");
  if (!cluster) return;
  cluster.open = true;
  prepareCluster(cluster);
  focusMember(cluster.querySelector(".members > li"));
}

function expandAll() {
  const shown = [...document.querySelectorAll("#rows > .cluster")];
  const open = shown.some((cluster) => !cluster.open);
  for (const cluster of shown) {
    if (cluster.open !== open) silent.add(cluster);
    cluster.open = open;
    if (open) prepareCluster(cluster);
  }
  showExpand();
  markFound();
  showPosition();
}

function showExpand() {
  const shown = [...document.querySelectorAll("#rows > .cluster")];
  $("expand").textContent = shown.length && shown.every((cluster) => cluster.open) ? "Close all" : "Expand all";
}

function startChoosing() {
  readChoices();
  $("rows").addEventListener("click", (event) => {
    const button = event.target.closest("[data-choice]");
    if (button) takeChoice(button.closest("li"), button.dataset.choice);
  });
  $("undo").addEventListener("click", undoChoice);
  $("expand").addEventListener("click", expandAll);
  addEventListener("storage", (event) => {
    if (event.key !== `dedupe-${choicesName()}`) return;
    readChoices();
    showChoices();
  });
  showChoices();
}
