// The page: from the form and the address to a search, and from its events to what is shown.

import { fromAddress, MODES, RERANK, toAddress } from "./asked.js";
import * as filters from "./filters.js";
import * as keys from "./keys.js";
import { element, milliseconds } from "./marked.js";
import * as notices from "./notices.js";
import * as results from "./results.js";
import * as stages from "./stages.js";
import { searched, Trouble } from "./stream.js";
import * as written from "./written.js";

const at = (id) => document.getElementById(id);
const [form, query, summary, said, more] = ["form", "query", "summary", "said", "more"].map(at);
const EXAMPLES = ["parse a date from text", "limit how many tasks run at once", "unpack a compressed archive safely"];
const SLOW_CONNECTION_MS = 150; // sooner than that, a sign that something goes on would only flicker
let asked = fromAddress(location.search);
let current = null; // what stops the search under way

async function search() {
  current?.abort();
  results.cleared();
  notices.cleared();
  written.forgotten();
  more.hidden = true;
  document.body.classList.toggle("bare", !asked.query);
  document.title = asked.query ? `${asked.query} – Tenfold search` : "Tenfold search";
  summary.textContent = "";
  if (!asked.query) {
    filters.counted(null, asked, ticked);
    return;
  }
  performance.mark("asked");
  stages.begun(asked);
  await heard(null);
}

/** Show a search's events, of the first page or of the one behind a cursor. */
async function heard(cursor) {
  const mine = (current = new AbortController());
  const begun = performance.now();
  const waiting = setTimeout(() => document.body.classList.add("busy"), SLOW_CONNECTION_MS);
  const seen = { page: null, done: null, kept: null, ms: 0 };
  try {
    for await (const { event, data, kept } of searched(asked, cursor, mine.signal)) {
      if (mine.signal.aborted) return;
      if (event === "done") seen.done = data;
      if (event !== "results") continue;
      Object.assign(seen, { page: data, kept, ms: performance.now() - begun });
      if (!cursor) shown(data, seen.ms, kept);
    }
    if (cursor) results.shown(seen.page.results, { after: true });
    else stages.ended(seen.done);
    finished(seen);
  } catch (error) {
    if (error.name !== "AbortError") failed(error, seen, cursor);
  } finally {
    clearTimeout(waiting);
    if (current === mine) {
      document.body.classList.remove("busy");
      current = null;
    }
  }
}

function shown(page, ms, kept) {
  results.shown(page.results, { gliding: stages.last(page.stage) });
  stages.reached(page.stage, ms, kept);
  performance.mark(`results:${page.stage}`);
  if (page.facets) filters.counted(page.facets, asked, ticked);
}

function finished({ page, kept, ms }) {
  const number = results.count();
  const many = `${number} ${number === 1 ? "result" : "results"}${page.next ? ", and more" : ""}`;
  const text = number ? many : "No results";
  summary.replaceChildren(element("b", { text }), kept ? " · kept" : "");
  const note = kept ? notices.old(kept, search) : "";
  if (!number) notices.hinted(`Nothing found. ${hint()}`);
  said.textContent = `${note} ${text} for ${asked.query}${kept ? "" : `, in ${milliseconds(ms)}`}. ${number ? "" : hint()}`;
  more.hidden = !page.next;
  more.dataset.cursor = page.next ?? "";
  if (number && !kept) written.offered(asked.query);
  performance.mark("results:final");
}

function hint() {
  if (asked.package.length || asked.kind.length) return "Take a filter away, or use other words.";
  return asked.mode === "keyword" ? "Search by meaning too, or use other words." : "Use other words.";
}

function failed(error, seen, cursor) {
  if (!(error instanceof Trouble)) console.error(error);
  const trouble = error instanceof Trouble ? error : new Trouble("refused", { title: "The page failed", detail: String(error) });
  if (without(trouble)) return;
  stages.ended(null);
  said.textContent = notices.told(trouble, cursor && trouble.kind !== "refused" ? () => continued() : search);
  if (cursor) more.hidden = trouble.kind === "refused";
}

/** Search once more without what this service does not have; return whether that is what failed. */
function without({ problem }) {
  if (problem?.code === "keyword_off" && asked.mode !== "vector") asked = { ...asked, mode: "vector" };
  else if (problem?.code === "rerank_off" && asked.rerank) asked = { ...asked, rerank: false };
  else return false;
  form.elements.mode.value = asked.mode;
  queueMicrotask(search);
  return true;
}

async function continued() {
  notices.cleared();
  const before = results.count();
  await heard(more.dataset.cursor);
  at("results").querySelectorAll(".title")[before]?.focus();
}

function ticked(facet, values) {
  went({ ...asked, [facet]: values });
}

/** Search for something else, as a new entry of the history. */
function went(next) {
  asked = next;
  const address = toAddress(asked);
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  search();
}

function taken() {
  query.value = asked.query;
  form.elements.mode.value = asked.mode;
  if (RERANK) form.elements.rerank.checked = asked.rerank;
}

function submitted({ fresh }) {
  const next = { ...asked, query: query.value.trim(), mode: form.elements.mode.value || MODES[0] };
  if (RERANK) next.rerank = form.elements.rerank.checked;
  if (fresh && next.query !== asked.query) Object.assign(next, { package: [], kind: [] }); // another question, other values
  went(next);
}

function stopped() {
  if (!current) return false;
  current.abort();
  stages.ended(null);
  summary.textContent = said.textContent = "Stopped.";
  return true;
}

function worker() {
  if (!("serviceWorker" in navigator)) return;
  const address = "/service-worker.js";
  const policy = globalThis.trustedTypes?.createPolicy("service-worker", { createScriptURL: () => address });
  navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address).catch((error) => {
    console.warn("without a service worker nothing is kept for when the network is away:", error.message);
  });
}

for (const radio of form.elements.mode) radio.closest("label").hidden = !MODES.includes(radio.value);
form.querySelector(".modes").hidden = MODES.length < 2;
form.querySelector(".rerank").hidden = RERANK === 0;
if (document.documentElement.dataset.corpus) {
  at("examples").append(...EXAMPLES.map((text) => element("li", { children: [element("a", { text, attributes: { href: `/?q=${encodeURIComponent(text)}` } })] })));
}
at("facets").closest("details").open = matchMedia("(min-width: 55rem)").matches;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submitted({ fresh: true });
});
form.addEventListener("change", (event) => {
  if (event.target !== query && query.value.trim()) submitted({ fresh: false });
});
more.addEventListener("click", continued);
addEventListener("popstate", () => {
  asked = fromAddress(location.search);
  taken();
  search();
});
keys.listening(stopped);
taken();
if (!asked.query) query.focus({ preventScroll: true });
search();
addEventListener("load", worker);
document.body.dataset.ready = "yes";
