// What the reader chose, as it stands in the URL: #c-CLUSTER&q=words&rel=near,linked&sort=low
const DEFAULTS = {
  q: "", rel: "", jmin: "", jmax: "", nmin: "", nmax: "", site: "", sort: "size", view: "inline", theme: "auto",
};
const FILTERS = ["rel", "jmin", "jmax", "nmin", "nmax", "site"];
const REMEMBERED = ["view", "theme"];
const CHOICES = {
  sort: ["size", "words", "low", "high", "title"],
  view: ["inline", "split"],
  theme: ["auto", "light", "dark"],
};
const state = { ...DEFAULTS, cluster: "" };

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Storage may be refused, as in a sandboxed frame.
function remembered(name) {
  try {
    return localStorage.getItem(`dedupe-${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`dedupe-${name}`, value);
  } catch {
    // It still stands in the URL.
  }
}

function isValid(name, value) {
  return !(name in CHOICES) || CHOICES[name].includes(value);
}

function readState() {
  Object.assign(state, DEFAULTS, { cluster: "" });
  for (const name of REMEMBERED) {
    const value = remembered(name);
    if (value && isValid(name, value)) state[name] = value;
  }
  for (const part of location.hash.slice(1).split("&")) {
    const [name, value] = part.split("=", 2);
    if (value === undefined) {
      if (part.startsWith("c-")) state.cluster = decode(part.slice(2));
    } else if (Object.hasOwn(DEFAULTS, name) && isValid(name, decode(value))) {
      state[name] = decode(value);
    }
  }
}

function writeState() {
  const parts = Object.keys(DEFAULTS)
    .filter((name) => state[name] !== DEFAULTS[name])
    .map((name) => `${name}=${encodeURIComponent(state[name])}`);
  if (state.cluster) parts.unshift(`c-${encodeURIComponent(state.cluster)}`);
  try {
    history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : location.pathname + location.search);
  } catch {
    // A frame without a history of its own.
  }
}
