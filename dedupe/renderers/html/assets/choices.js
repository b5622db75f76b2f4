// What the reader decided about members, by id. The browser stores it, for this report alone.
let choices = new Map(); // id: { choice, hash, cluster, isKept, hasFixed }
const earlier = []; // what was decided before each change
const EARLIER = 200;

function choicesName() {
  return `choices-${$("clusters").dataset.report}`;
}

function isChoice(entry) {
  const [id, each] = Array.isArray(entry) ? entry : [];
  return typeof id === "string" && ["keep", "drop"].includes(each?.choice) &&
    typeof each.hash === "string" && entryOf.has(each.cluster);
}

function readChoices() {
  choices = new Map();
  try {
    const stored = JSON.parse(remembered(choicesName()) ?? "[]");
    if (Array.isArray(stored)) choices = new Map(stored.filter(isChoice));
  } catch {
    // Another page wrote there.
  }
}

function isStored() {
  return remembered(choicesName()) === JSON.stringify([...choices]);
}

function changeChoices(change) {
  earlier.push(new Map(choices));
  if (earlier.length > EARLIER) earlier.shift();
  change();
  storeChoices();
}

function storeChoices() {
  remember(choicesName(), JSON.stringify([...choices]));
  showChoices();
}

function undoChoice() {
  if (!earlier.length) return;
  choices = earlier.pop();
  storeChoices();
}

function choicesOf(cluster) {
  return [...choices.entries()].filter(([, each]) => each.cluster === cluster);
}

// The one that the report keeps goes, and nobody said what stays.
function keepsNothing(cluster) {
  const made = choicesOf(cluster).map(([, each]) => each);
  return made.some((each) => each.choice === "drop" && each.isKept && !each.hasFixed) &&
    !made.some((each) => each.choice === "keep");
}

function choose(member, choice) {
  changeChoices(() => {
    if (choices.get(member.id)?.choice === choice) choices.delete(member.id);
    else choices.set(member.id, { ...member.facts, choice });
  });
}

// Keeps a member in the place of the one that the report keeps.
function chooseInstead(member, kept) {
  changeChoices(() => {
    for (const [id] of choicesOf(member.facts.cluster)) {
      if (choices.get(id).choice === "keep" || id === kept.id || id === member.id) choices.delete(id);
    }
    if (member.id === kept.id) return;
    choices.set(member.id, { ...member.facts, choice: "keep" });
    if (!kept.isFixed) choices.set(kept.id, { ...kept.facts, choice: "drop" });
  });
}
