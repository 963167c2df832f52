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

/** Show a page of results: in place of the list, in its new order, or after it; gliding there costs the stages to come. */
export function shown(results, { after = false, gliding = false } = {}) {
  const before = new Map([...list.children].map((its) => [its.dataset.id, its]));
  const rises = !after && before.size > 0;
  if (rises) first = new Map([...before.keys()].map((id, place) => [id, place]));
  const glides = gliding && rises && !STEADY.matches;
  const tops = new Map(glides ? [...before.values()].map((its) => [its, its.offsetTop]) : []);
  const focused = document.activeElement;
  const items = results.map((its, place) => filled(before.get(its.id) ?? made(its), its, rises ? place : null));
  if (after) list.append(...items);
  else arranged(items);
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
  if (glides) glided(items, tops);
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

/** Let what is in sight glide from its old place to its new one; all is measured before anything is changed. */
function glided(items, tops) {
  const ways = items.map((its) => ({ its, to: its.offsetTop, from: tops.get(its) }));
  const end = scrollY + innerHeight;
  for (const { its, to, from } of ways) {
    if (from === undefined || from === to || Math.min(from, to) > end) continue;
    its.animate({ translate: [`0 ${from - to}px`, "0 0"] }, { duration: MOVE_MS, easing: "ease-out" });
  }
}

function made(result) {
  const { title, text } = result.snippet ?? {};
  const button = element("button", { kind: "title", attributes: { type: "button", "aria-expanded": "false" } });
  button.append(title ? marked(title) : result.title);
  const facts = [element("span", { kind: "id", text: result.id })];
  for (const value of [result.kind, result.package]) if (value) facts.push(element("span", { text: value }));
  facts.push(element("span", { kind: "score", attributes: { title: "score" } }));
  const item = element("li", {
    attributes: { "data-id": result.id },
    children: [
      element("h2", { children: [button] }),
      element("p", { kind: "facts", children: facts }),
      element("p", { kind: "snippet", children: text ? [marked(text)] : [] }),
      element("div", { kind: "whole", attributes: { hidden: "" } }),
    ],
  });
  button.addEventListener("click", () => opened(item, result));
  return item;
}

/** Fill in what a stage can change; title and snippet are the same in every stage of a search. */
function filled(item, result, place) {
  item.querySelector(".score").textContent = result.score.toFixed(3);
  item.querySelector(".moved")?.remove();
  const change = place === null ? null : movement(result.id, place);
  if (change) item.querySelector(".facts").append(change);
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
