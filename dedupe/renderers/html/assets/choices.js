// What the reader decided about members, by id, and about pairs of texts, by their hashes.
let choices = new Map(); // id: { choice, hash, cluster, isKept, hasFixed }
let judged = new Map(); // "hash hash": { choice, hashes, ids, cluster }
const earlier = []; // what was decided before each change
const EARLIER = 200;

function changeChoices(change) {
  earlier.push([new Map(choices), new Map(judged)]);
  if (earlier.length > EARLIER) earlier.shift();
  change();
  storeChoices();
}

function undoChoice() {
  if (!earlier.length) return;
  [choices, judged] = earlier.pop();
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

function judge(pair, choice) {
  changeChoices(() => {
    if (judged.get(pair.key)?.choice === choice) judged.delete(pair.key);
    else judged.set(pair.key, { ...pair.facts, choice });
  });
}
