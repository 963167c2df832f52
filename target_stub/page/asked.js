// Asked: what is searched for, as the page's address has it (so the back button works), and as the service takes it.

export const FACETS = ["package", "kind"];
const { modes, rerank } = document.documentElement.dataset;
export const MODES = modes.split(" ");
export const RERANK = Number(rerank);
const K = 10;

/** Return what the address asks for; what makes no sense in it is left out. */
export function fromAddress(search) {
  const given = new URLSearchParams(search);
  return {
    query: (given.get("q") ?? "").trim(),
    mode: MODES.includes(given.get("mode")) ? given.get("mode") : MODES[0],
    rerank: RERANK > 0 && given.get("rerank") !== "0",
    stream: given.get("stream") !== "0",
    package: [...new Set(given.getAll("package"))],
    kind: [...new Set(given.getAll("kind"))],
  };
}

/** Return the address of a search: only what is not as usual is in it. */
export function toAddress(asked) {
  const told = new URLSearchParams();
  if (asked.query) told.set("q", asked.query);
  if (asked.mode !== MODES[0]) told.set("mode", asked.mode);
  if (RERANK > 0 && !asked.rerank) told.set("rerank", "0");
  if (!asked.stream) told.set("stream", "0");
  for (const facet of FACETS) for (const value of asked[facet]) told.append(facet, value);
  return told.size ? `/?${told}` : "/";
}

/** Return the parameters of a search for `/api/search/stream`, always in the same order: the kept answer's name. */
export function toParameters(asked, cursor = null) {
  const told = new URLSearchParams({ query: asked.query, k: K, mode: asked.mode, snippets: "true" });
  told.set("facets", FACETS.join(","));
  if (RERANK > 0) told.set("rerank", asked.rerank ? RERANK : 0);
  for (const facet of FACETS) for (const value of [...asked[facet]].sort()) told.append(facet, value);
  if (cursor) told.set("cursor", cursor);
  return told;
}

/** Return the same search as a body for `/api/search`. */
export function toBody(asked, cursor = null) {
  const told = { query: asked.query, k: K, mode: asked.mode, snippets: true, facets: FACETS, filter: {} };
  if (RERANK > 0) told.rerank = { top: asked.rerank ? RERANK : 0 };
  for (const facet of FACETS) if (asked[facet].length) told.filter[facet] = [...asked[facet]].sort();
  if (cursor) told.cursor = cursor;
  return told;
}
