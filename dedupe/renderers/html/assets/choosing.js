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

// A member and the one that stands first, where these are two texts.
function pairOf(item) {
  const kept = item.parentElement.querySelector(":scope > .kept");
  if (!PAIR_CHOICES.length || kept.dataset.h === item.dataset.h) return null;
  const members = [kept, item].map(memberOf).sort((a, b) => (a.facts.hash < b.facts.hash ? -1 : 1));
  const hashes = members.map((each) => each.facts.hash);
  const ids = members.map((each) => each.id);
  return { key: hashes.join(" "), facts: { hashes, ids, cluster: members[0].facts.cluster } };
}

function judgementOf(item) {
  const pair = pairOf(item);
  return pair && judged.get(pair.key)?.choice;
}

function addButtons(item, label, kind, shown) {
  const group = document.createElement("div");
  group.className = `choice ${kind}`;
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  for (const [name, text, key] of shown) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset[kind] = name;
    button.textContent = text;
    if (key) button.title = `Key ${key}`;
    group.append(button);
  }
  item.querySelector(".nums").after(group);
}

function addChoices(cluster) {
  for (const item of cluster.querySelectorAll(".members > li")) {
    item.tabIndex = -1;
    const shown = CHOICES_SHOWN.filter(([name]) => name !== "instead" || !item.matches(".kept"));
    if (item.dataset.fixed !== "reference") addButtons(item, "Decision", "choice", shown);
    if (pairOf(item)) addButtons(item, "Are the two the same?", "judge", PAIR_CHOICES);
  }
  showChoicesIn(cluster);
}

// What becomes of a member as far as the page can know: apply verifies it.
function fateOf(item, member, keptGoes) {
  const made = choices.get(member.id)?.choice;
  if (made) return made;
  if (judgementOf(item) === "different") return "keep";
  if ("blind" in $("clusters").dataset) return "";
  if (member.facts.isKept) return "keep";
  return keptGoes || item.dataset.fixed ? "" : "drop";
}

function showChoicesIn(cluster) {
  const made = choicesOf(cluster.id.slice(2));
  const count = made.length + [...judged.values()].filter((each) => each.cluster === cluster.id.slice(2)).length;
  const keptGoes = made.some(([, each]) => each.isKept && each.choice === "drop");
  for (const item of cluster.querySelectorAll(".members > li:has(> .choice)")) {
    const member = memberOf(item);
    const fate = fateOf(item, member, keptGoes);
    item.classList.toggle("decided", choices.has(member.id) || Boolean(judgementOf(item)));
    item.classList.toggle("goes", fate === "drop");
    for (const button of item.querySelectorAll(":scope > .choice > [data-judge]")) {
      button.setAttribute("aria-pressed", button.dataset.judge === judgementOf(item));
    }
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
    : count ? `${plural(count, "decision")}${keptGoes ? "; others go if they are duplicates of what stays" : ""}` : "";
}

function showChoices() {
  for (const cluster of document.querySelectorAll("#rows > .cluster")) showChoicesIn(cluster);
  if (!PAIR_CHOICES.length) $("decided").textContent = choices.size ? ` ${choices.size.toLocaleString("en")}` : "";
  $("undo").hidden = !earlier.length;
}

function takeChoice(item, name) {
  if (!item || item.dataset.fixed === "reference") return;
  const member = memberOf(item);
  if (name !== "instead") choose(member, name);
  else chooseInstead(member, memberOf(item.parentElement.querySelector(":scope > .kept")));
}

function takeJudgement(item, name) {
  const pair = item && pairOf(item);
  if (pair) judge(pair, name);
}

// By a key: the next one is looked at at once.
function judgeFocused(name) {
  const item = focusedMember();
  if (!item || !pairOf(item)) return;
  takeJudgement(item, name);
  if (item.nextElementSibling) focusMember(item.nextElementSibling);
  else moveToNextPair(item.closest(".cluster"));
}

function moveToNextPair(cluster) {
  const next = cluster.nextElementSibling;
  if (!next) return;
  next.open = true;
  prepareCluster(next);
  focusMember(next.querySelector(".members > li:not(.kept)") ?? next.querySelector(".members > li"));
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
    const button = event.target.closest("[data-choice], [data-judge]");
    if (button?.dataset.choice) takeChoice(button.closest("li"), button.dataset.choice);
    if (button?.dataset.judge) takeJudgement(button.closest("li"), button.dataset.judge);
  });
  $("undo").addEventListener("click", undoChoice);
  $("expand").addEventListener("click", expandAll);
  watchChoices();
  showChoices();
}
