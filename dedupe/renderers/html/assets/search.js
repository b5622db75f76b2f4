// The clusters wait in noscript elements, which cost the browser next to nothing: without
// scripts they are the page, with scripts they are text, parsed when a cluster is shown.
const entries = [];
const entryOf = new Map();
const BODY = "<div class=body>";
const SNIPPET = 60;
const policy = window.trustedTypes
  ? trustedTypes.createPolicy("report", { createHTML: (html) => html })
  : { createHTML: (html) => html };

function normalise(text) {
  return text.normalize("NFKC").toLowerCase();
}

const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"' };

function plainText(html) {
  return html.replace(/<[^>]*>/g, "").replace(/&(#x?)?(\w+);/g, (whole, number, name) =>
    number ? String.fromCodePoint(Number.parseInt(name, number === "#" ? 10 : 16)) : NAMED[name] ?? whole);
}

function partsOf(entry, pattern) {
  return Array.from(entry.source.textContent.matchAll(pattern), (match) => normalise(plainText(match[1])));
}

// What comes from outside stands in <bdi> and <a>, texts in bare <p>: that can be searched.
class Entry {
  constructor(source) {
    const data = source.dataset;
    this.source = source;
    this.id = source.id.slice(2);
    this.size = Number(data.n);
    this.redundant = Number(data.w);
    this.jaccards = data.j.split(" ").map(Number);
    this.low = this.jaccards[0];
    this.high = this.jaccards[this.jaccards.length - 1];
    this.relations = data.r.split(" ");
    this.element = null;
    source.removeAttribute("id"); // the element that is made of it has it
  }

  get words() {
    this.foundWords ??= [this.id, ...partsOf(this, /<(?:bdi|a)\b[^>]*>(.*?)<\/(?:bdi|a)>/gs)].join("\n");
    return this.foundWords;
  }

  get text() {
    this.foundText ??= partsOf(this, /<p>(.*?)<\/p>/gs).join("\n");
    return this.foundText;
  }

  // Where a text has a term that neither the title nor another name has; empty if there is none.
  snippet(terms) {
    const term = terms.find((each) => !this.words.includes(each) && this.foundText?.includes(each));
    if (!term) return "";
    const parts = this.source.textContent.matchAll(/<p>(.*?)<\/p>/gs);
    for (const [, html] of parts) {
      const text = plainText(html);
      const at = text.toLowerCase().indexOf(term);
      if (at < 0) continue;
      const [start, end] = [Math.max(0, at - SNIPPET), Math.min(text.length, at + term.length + SNIPPET)];
      return `${start ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
    }
    return "";
  }

  // Texts are searched once they are prepared.
  holds(term) {
    return this.words.includes(term) || Boolean(this.foundText?.includes(term));
  }

  get title() {
    return partsOf(this, /^.*?<bdi>(.*?)<\/bdi>/gs)[0];
  }

  get sites() {
    this.foundSites ??= partsOf(this, /<(?:bdi class=s|a href="https?:[^>]*)>(.*?)<\/(?:bdi|a)>/gis).join("\n");
    return this.foundSites;
  }
}

function indexClusters() {
  for (const source of document.querySelectorAll("#list > noscript")) {
    const entry = new Entry(source);
    entries.push(entry);
    entryOf.set(entry.id, entry);
  }
}

// Prepares the search while nothing else is to be done: names first, then texts.
function prepareSearch(next = 0) {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 5 }), 50));
  idle((deadline) => {
    let place = next;
    while (place < 2 * entries.length && deadline.timeRemaining() > 1) {
      if (place < entries.length) void entries[place].words;
      else void entries[place - entries.length].text;
      place += 1;
    }
    if (place < 2 * entries.length) prepareSearch(place);
    else if (state.q && findClusters().length > found.length) applyState();
  });
}

// The markup is our own, every text in it escaped; only this function makes elements of it.
function parseElement(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content.firstElementChild;
}

// A cluster as it stands in the list; its body is made when it is opened.
function elementOf(entry) {
  if (!entry.element) {
    const html = entry.source.textContent;
    entry.element = parseElement(`${html.slice(0, html.indexOf(BODY))}</details>`);
    entry.element.id = `c-${entry.id}`;
    showChoicesIn(entry.element);
  }
  return entry.element;
}

function fillCluster(cluster) {
  if (cluster.querySelector(":scope > .body")) return;
  const html = entryOf.get(cluster.id.slice(2)).source.textContent;
  cluster.append(parseElement(html.slice(html.indexOf(BODY))));
  addChoices(cluster);
}

function hundredths(text, otherwise) {
  return text === "" || Number.isNaN(Number(text)) ? otherwise : Math.round(100 * Number(text));
}

function whole(text, otherwise) {
  return text === "" || Number.isNaN(Number(text)) ? otherwise : Number(text);
}

function makeFilter() {
  const terms = normalise(state.q).split(/\s+/).filter(Boolean);
  const relations = state.rel ? state.rel.split(",") : [];
  const [jmin, jmax] = [hundredths(state.jmin, 0), hundredths(state.jmax, 100)];
  const [nmin, nmax] = [whole(state.nmin, 0), whole(state.nmax, Infinity)];
  const site = normalise(state.site.trim());
  return (entry) =>
    terms.every((term) => entry.holds(term)) &&
    (!relations.length || relations.some((relation) => entry.relations.includes(relation))) &&
    entry.size >= nmin && entry.size <= nmax &&
    entry.jaccards.some((jaccard) => jaccard >= jmin && jaccard <= jmax) &&
    entry.sites.includes(site);
}

const ORDERS = {
  words: (a, b) => b.redundant - a.redundant,
  low: (a, b) => a.low - b.low,
  high: (a, b) => b.high - a.high,
  title: (a, b) => a.rank - b.rank,
};

// The place of each cluster by title, once it is asked for.
function rankTitles() {
  if (!entries.length || entries[0].rank !== undefined) return;
  const collator = new Intl.Collator("en", { numeric: true });
  const ordered = [...entries].sort((a, b) => collator.compare(a.title, b.title));
  for (const [rank, entry] of ordered.entries()) entry.rank = rank;
}

function findClusters() {
  if (state.sort === "title") rankTitles();
  const found = entries.filter(makeFilter());
  return state.sort in ORDERS ? found.sort(ORDERS[state.sort]) : found;
}
