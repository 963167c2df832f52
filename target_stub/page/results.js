// Results: the list of documents found. A document keeps its place in the page's memory while stages reorder the list.

import { element, marked } from "./marked.js";
import { accepted, called } from "./stream.js";

const list = document.getElementById("results");
const STEADY = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE_MS = 180;
let first = new Map(); // the place of each document in the stage before the last

/** Forget everything. */
export function cleared() {
  list.replaceChildren();
  first = new Map();
}

/** Show a page of results: in place of the list, in its new order, or after it. */
export function shown(results, { after = false } = {}) {
  const before = new Map([...list.children].map((its) => [its.dataset.id, its]));
  const rises = !after && before.size > 0;
  if (rises) first = new Map([...before.keys()].map((id, place) => [id, place]));
  const tops = new Map([...before.values()].map((its) => [its, its.offsetTop]));
  const focused = document.activeElement;
  const items = results.map((its, place) => filled(before.get(its.id) ?? made(its), its, rises ? place : null));
  if (after) list.append(...items);
  else arranged(items);
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
  if (rises && !STEADY.matches) for (const its of items) moved(its, tops.get(its));
}

/** Return how many results there are on the page. */
export function count() {
  return list.childElementCount;
}

function arranged(items) {
  const staying = new Set(items);
  for (const its of [...list.children]) if (!staying.has(its)) its.remove();
  items.forEach((its, place) => {
    if (list.children[place] !== its) list.insertBefore(its, list.children[place] ?? null);
  });
}

function moved(item, top) {
  if (top === undefined) item.animate({ opacity: [0, 1] }, MOVE_MS);
  else if (top !== item.offsetTop) item.animate({ translate: [`0 ${top - item.offsetTop}px`, "0 0"] }, { duration: MOVE_MS, easing: "ease-out" });
}

function made(result) {
  const button = element("button", { kind: "title", attributes: { type: "button", "aria-expanded": "false" } });
  const text = element("div", { kind: "whole", attributes: { hidden: "" } });
  const item = element("li", {
    attributes: { "data-id": result.id },
    children: [element("h2", { children: [button] }), element("p", { kind: "facts" }), element("p", { kind: "snippet" }), text],
  });
  button.addEventListener("click", () => opened(item, result));
  return item;
}

function filled(item, result, place) {
  const { title, text } = result.snippet ?? {};
  item.querySelector(".title").replaceChildren(title ? marked(title) : result.title);
  const facts = [element("span", { kind: "id", text: result.id })];
  for (const value of [result.kind, result.package]) if (value) facts.push(element("span", { text: value }));
  facts.push(element("span", { kind: "score", text: result.score.toFixed(3), attributes: { title: "score" } }));
  const change = place === null ? null : movement(result.id, place);
  if (change) facts.push(change);
  item.querySelector(".facts").replaceChildren(...facts);
  item.querySelector(".snippet").replaceChildren(text ? marked(text) : "");
  return item;
}

function movement(id, place) {
  const was = first.get(id);
  if (was === undefined) return badge("new", "new in this stage");
  if (was > place) return badge(`↑${was - place}`, `${was - place} up since the stage before`);
  return was < place ? badge(`↓${place - was}`, `${place - was} down since the stage before`) : null;
}

function badge(sign, words) {
  return element("span", {
    kind: "moved",
    attributes: { title: words },
    children: [element("span", { text: sign, attributes: { "aria-hidden": "true" } }), element("span", { kind: "hidden", text: words })],
  });
}

async function opened(item, result) {
  const button = item.querySelector(".title");
  const whole = item.querySelector(".whole");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  whole.hidden = !open;
  item.querySelector(".snippet").hidden = open;
  if (!open || whole.dataset.loaded) return;
  whole.replaceChildren(element("p", { kind: "mute", text: "Loading the whole text…" }));
  try {
    const answer = await accepted(await called(`/api/documents/${encodeURIComponent(result.id)}`));
    whole.replaceChildren(element("pre", { text: (await answer.json()).text ?? "" }));
    whole.dataset.loaded = "yes";
  } catch (trouble) {
    const reason = trouble.problem?.detail ?? "the service cannot be reached";
    whole.replaceChildren(element("p", { kind: "mute", text: `The whole text is not at hand: ${reason}.` }));
  }
}
