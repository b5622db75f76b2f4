// The server saves what was decided in a file, before the page says so.
const PAIR_CHOICES = [["same", "Same", "1"], ["different", "Different", "2"], ["unsure", "Unsure", "3"]];
let saved = { choices: new Map(), judged: new Map() };
let sending = Promise.resolve();

function readChoices() {
  const made = JSON.parse($("clusters").dataset.made);
  choices = new Map(made.choices);
  judged = new Map(made.judged);
  saved = { choices: new Map(choices), judged: new Map(judged) };
}

// What the server is told of a decision: it looks the cluster up, and believes no other.
function changeOf(name, key, each, choice) {
  const place = JSON.parse($("clusters").dataset.places)[each.cluster];
  return name === "judged"
    ? { place, content_hashes: each.hashes, ids: each.ids, choice }
    : { place, id: key, content_hash: each.hash, choice };
}

function* changesTo(wanted) {
  for (const name of ["choices", "judged"]) {
    for (const [key, each] of wanted[name]) {
      if (saved[name].get(key)?.choice !== each.choice) yield changeOf(name, key, each, each.choice);
    }
    for (const [key, each] of saved[name]) {
      if (!wanted[name].has(key)) yield changeOf(name, key, each, null);
    }
  }
}

function isUnsaved() {
  return !changesTo({ choices, judged }).next().done;
}

function tellSaved(text, isWarning) {
  $("saved").textContent = text;
  $("saved").classList.toggle("warning", isWarning);
}

async function sendChoices() {
  const wanted = { choices: new Map(choices), judged: new Map(judged) };
  const changes = [...changesTo(wanted)];
  try {
    if (changes.length) {
      const answer = await fetch("decide", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ changes }),
      });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      saved = wanted;
      $("decided").textContent = told.count.toLocaleString("en");
    }
    if (!isUnsaved()) tellSaved("saved", false);
  } catch (error) {
    tellSaved(`NOT saved: ${error.message}`, true);
  }
}

function storeChoices() {
  tellSaved("saving …", false);
  showChoices();
  sending = sending.then(sendChoices);
}

function watchChoices() {
  addEventListener("beforeunload", (event) => {
    if (isUnsaved()) event.preventDefault();
  });
}

function showDecisions() {
  announce(`the decisions are in ${$("decisions-file").textContent}`);
}

function startDecisions() {
  for (const [key, id] of [["]", "page-next"], ["[", "page-before"]]) KEYS[key] = () => $(id)?.click();
}
