// Marks what was searched for, without a change to the page; where browsers cannot, nothing is lost.
function* textsIn(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) yield walker.currentNode;
}

function* rangesOf(term, text) {
  const plain = text.data.toLowerCase();
  if (plain.length !== text.data.length) return; // the places would be others
  for (let at = plain.indexOf(term); at >= 0; at = plain.indexOf(term, at + term.length)) {
    const range = new Range();
    range.setStart(text, at);
    range.setEnd(text, at + term.length);
    yield range;
  }
}

function markFound() {
  if (!window.Highlight) return;
  CSS.highlights.delete("found");
  const terms = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length) return;
  const ranges = [];
  for (const element of $("rows").querySelectorAll(":is(summary, .who, .where) :is(bdi, a), :is(.diff p, .split .cell)")) {
    for (const text of textsIn(element)) {
      for (const term of terms) ranges.push(...rangesOf(term, text));
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
