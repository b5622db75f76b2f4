// The browser stores what was decided, for this report alone.
const PAIR_CHOICES = []; // a pair is not judged here

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

function storeChoices() {
  remember(choicesName(), JSON.stringify([...choices]));
  showChoices();
}

function watchChoices() {
  addEventListener("storage", (event) => {
    if (event.key !== `dedupe-${choicesName()}`) return;
    readChoices();
    showChoices();
  });
}
