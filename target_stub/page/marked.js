// Marked text: the service's snippets (text with <mark> in it, all else escaped) as nodes, never as markup.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

/** Return a fragment: marks become <mark> elements, everything else stays text, whatever it looks like. */
export function marked(snippet) {
  const fragment = document.createDocumentFragment();
  let marking = false;
  for (const piece of snippet.split(/(<mark>|<\/mark>)/)) {
    if (piece === "<mark>" || piece === "</mark>") {
      marking = piece === "<mark>";
    } else if (piece) {
      fragment.append(marking ? element("mark", { text: unescaped(piece) }) : unescaped(piece));
    }
  }
  return fragment;
}

function unescaped(text) {
  return text.replace(/&(amp|lt|gt|quot|#x27|#39);/g, (_, name) => ENTITIES[name]);
}

/** Return a new element with text, a class, attributes and children. */
export function element(name, { text, kind, attributes = {}, children = [] } = {}) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Return a number of milliseconds in words. */
export function milliseconds(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
