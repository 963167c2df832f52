// Stages: what a search has been through so far, each with the time until its results were on the page.

import { element, milliseconds } from "./marked.js";

const NAMES = {
  keyword: "words",
  vector: "meaning",
  fused: "words and meaning",
  reranked: "ranked again",
  cached: "from the cache",
  whole: "in one piece",
};
const SERVER = {
  cache: "looking in the cache",
  l2: "asking the shared cache",
  queue: "waiting for the embedder",
  keyword: "matching words",
  embed: "embedding the query",
  ann: "finding neighbours",
  fuse: "joining both rankings",
  rerank: "ranking the best again",
  facets: "counting for filters",
  snippet: "cutting snippets",
  serialise: "writing the answer",
};
const trail = document.getElementById("stages");
const spent = document.getElementById("spent");

/** Begin anew, with the stages to expect. */
export function begun(asked) {
  const expected = asked.mode === "hybrid" && asked.stream ? ["keyword", "fused"] : [asked.stream ? asked.mode : "whole"];
  if (asked.rerank && asked.stream) expected.push("reranked");
  trail.replaceChildren(...expected.map((stage) => item(stage, "…", "waiting")));
  spent.hidden = true;
}

/** Note that a stage's results are on the page. */
export function reached(stage, ms, kept) {
  const told = kept ? "" : milliseconds(ms);
  const there = [...trail.children].find((its) => its.dataset.stage === stage);
  if (there) {
    there.replaceWith(item(stage, told, "reached"));
  } else {
    trail.replaceChildren(item(stage, told, "reached")); // one that was not expected is all there is: from the cache
  }
}

/** Return whether a stage is the last one, as far as can be known. */
export function last(stage) {
  return trail.lastElementChild?.dataset.stage === stage;
}

/** Note that no more comes, and show where the service spent its time. */
export function ended(done) {
  for (const its of [...trail.querySelectorAll(".waiting")]) its.remove();
  const stages = Object.entries(done?.stages_ms ?? {});
  const longest = Math.max(...stages.map(([, ms]) => ms), 0.001);
  spent.hidden = stages.length === 0;
  spent.querySelector("dl").replaceChildren(...stages.flatMap(([stage, ms]) => row(stage, ms, ms / longest)));
}

function row(stage, ms, share) {
  const bar = element("i");
  bar.style.inlineSize = `${Math.max(share * 100, 0.5)}%`;
  const value = element("dd", { children: [element("span", { text: milliseconds(ms) }), bar] });
  return [element("dt", { text: SERVER[stage] ?? stage }), value];
}

function item(stage, told, kind) {
  const name = element("span", { text: NAMES[stage] ?? stage });
  return element("li", { kind, attributes: { "data-stage": stage }, children: [name, element("b", { text: told })] });
}
