// The decisions as a file, as lists of ids, and the command that takes them.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

// JSON in ASCII, so that no id can steer what shows the file.
function plainJson(value, indent) {
  return JSON.stringify(value, null, indent).replace(/[\u007f-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function decisionsFile() {
  const made = [...choices.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const decisions = made.map(([id, each]) => ({ id, content_hash: each.hash, choice: each.choice }));
  return `${plainJson({ dedupe_decisions: 1, report: $("clusters").dataset.report, decisions }, 1)}\n`;
}

// An id with characters that end a line or cannot be seen is written as JSON.
function listIds(choice) {
  return [...choices.entries()]
    .filter(([, each]) => each.choice === choice)
    .map(([id]) => `${UNSAFE.test(id) ? plainJson(id) : id}\n`)
    .sort()
    .join("");
}

function showProblems() {
  const clusters = [...new Set([...choices.values()].map((each) => each.cluster))].filter(keepsNothing);
  $("decisions-problems").replaceChildren(...clusters.map((id) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Cluster ${id.slice(0, 12)}: nothing is kept. Decide what stays`;
    button.addEventListener("click", () => {
      $("decisions").close();
      openCluster(id);
    });
    item.append(button);
    return item;
  }));
  return clusters.length > 0;
}

function showDecisions() {
  const keep = [...choices.values()].filter((each) => each.choice === "keep").length;
  const clusters = new Set([...choices.values()].map((each) => each.cluster)).size;
  $("decisions-told").textContent = choices.size
    ? `${keep.toLocaleString("en")} to keep, ${(choices.size - keep).toLocaleString("en")} to drop, in ${plural(clusters, "cluster")}. Of all other clusters the marked document is kept.`
    : "None yet: of each cluster the marked document is kept, and its duplicates go. Keep and Drop at a member change that.";
  const isWrong = showProblems();
  $("decisions-made").hidden = isWrong || !choices.size;
  $("decisions-forget").hidden = !choices.size;
  $("decisions-text").value = decisionsFile();
  $("decisions-done").textContent = "";
  $("decisions-kept").textContent = isStored() || !choices.size
    ? "This browser remembers the decisions for this report."
    : "This browser does not let the page store anything: save the decisions before you close it.";
  if (!$("decisions").open) $("decisions").showModal();
}

function tellDone(text) {
  $("decisions-done").textContent = text;
}

function copyText(text, what) {
  const shown = () => {
    $("decisions-text").value = text;
    $("decisions-text").select();
    tellDone("The browser does not let the page copy: it is selected above.");
  };
  if (!navigator.clipboard) shown();
  else navigator.clipboard.writeText(text).then(() => tellDone(`Copied: ${what}`), shown);
}

function saveDecisions() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([decisionsFile()], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  tellDone("Saved where this browser puts downloads.");
}

function startDecisions() {
  $("decide").addEventListener("click", showDecisions);
  $("decisions-close").addEventListener("click", () => $("decisions").close());
  $("decisions-save").addEventListener("click", saveDecisions);
  $("decisions-copy").addEventListener("click", () => copyText(decisionsFile(), "the file"));
  $("ids-keep").addEventListener("click", () => copyText(listIds("keep"), "ids to keep"));
  $("ids-drop").addEventListener("click", () => copyText(listIds("drop"), "ids to drop"));
  $("next-copy").addEventListener("click", () => copyText($("decisions-next").textContent, "the commands"));
  $("decisions-forget").addEventListener("click", () => {
    changeChoices(() => choices.clear());
    showDecisions();
  });
}
