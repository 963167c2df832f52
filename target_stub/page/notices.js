// Notices: what went wrong, in words, with what to do about it; and that an answer is a kept one.

import { element } from "./marked.js";
import { called } from "./stream.js";

const place = document.getElementById("notice");
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const STEPS = { corpus: "reading the documents", vectors: "embedding them", index: "building the index", embedder: "loading the model" };
const ASK_AGAIN_MS = 1000;
const ADVICE = {
  empty_query: "Type at least one word.",
  out_of_range: "Shorten the query, then search again.",
  bad_cursor: "Search again to begin with the first results.",
  foreign_cursor: "Search again to begin with the first results.",
  stale_cursor: "Search again to see the documents as they are now.",
  keyword_off: "Search by meaning instead.",
  rerank_off: "Untick “Rank the best again”.",
  too_many_requests: "Wait a little, then try again.",
  overloaded: "Wait a little, then try again.",
  quota_used_up: "The count begins anew at midnight UTC.",
  draining: "It is being stopped or replaced: try again in a moment.",
  unavailable: "Try again in a moment.",
  deadline_exceeded: "Try again, perhaps with fewer words.",
  injected_fault: "Somebody broke it on purpose, to measure what happens: try again.",
  internal: "Try again; if it stays so, look for the request’s number in the service’s log.",
};
let timer = 0;

/** Take the notice away. */
export function cleared() {
  clearTimeout(timer);
  place.replaceChildren();
}

/** Say what went wrong, and return it as one sentence for those who hear the page. */
export function told(trouble, again) {
  cleared();
  const { title, what, advice, more } = words(trouble);
  const retry = element("button", { text: "Try again", attributes: { type: "button" } });
  retry.addEventListener("click", again);
  const lines = [element("h2", { text: title }), element("p", { text: `${what} ${advice}` })];
  place.replaceChildren(element("div", { kind: "notice bad", children: [...lines, element("p", { kind: "row", children: [retry, ...more] })] }));
  if (trouble.problem?.code === "not_ready") waits(lines[1], again);
  return `${title}. ${what} ${advice}`;
}

/** Say that nothing was found, and what may help. */
export function hinted(text) {
  place.append(element("p", { kind: "hint", text }));
}

/** Say that an answer is a kept one, since when, and why. */
export function old(kept, again) {
  cleared();
  const why = kept.because === "unreachable" ? "the service cannot be reached" : `the service answers with status ${kept.because}`;
  const text = `Kept from ${WHEN.format(kept.at)}, because ${why}. It may be out of date.`;
  const retry = element("button", { text: "Try again", attributes: { type: "button" } });
  retry.addEventListener("click", again);
  const children = [element("h2", { text: "A kept answer" }), element("p", { text }), element("p", { kind: "row", children: [retry] })];
  place.replaceChildren(element("div", { kind: "notice old", children }));
  return `A kept answer. ${text}`;
}

function words({ kind, problem, retryAfterS }) {
  if (kind === "unreachable") {
    const offline = navigator.onLine ? "Check that it is running" : "This device is offline: check its network";
    return { title: "The service cannot be reached", what: "No answer to this search is kept here either.", advice: `${offline}, then try again.`, more: [] };
  }
  if (kind === "broken") {
    const what = "The connection broke off before the search was through; what is shown is what had come by then.";
    return { title: "The answer is not complete", what, advice: "Try again for the rest.", more: [] };
  }
  const more = [];
  if (problem.code) more.push(element("a", { text: "What this means", attributes: { href: `/problems#${encodeURIComponent(problem.code)}` } }));
  if (problem.instance) more.push(element("code", { text: problem.instance.split("/").pop(), attributes: { title: "the request's number in the service's log" } }));
  const detail = problem.detail ? sentence(problem.detail) : `The answer had status ${problem.status}.`;
  const wait = retryAfterS ? `It asks to wait ${retryAfterS} s. ` : "";
  return { title: problem.title ?? "The service refused", what: detail, advice: wait + (ADVICE[problem.code] ?? "Change the search, or try again."), more };
}

/** Say how far the service is in loading, and search when it is ready. */
function waits(line, again) {
  timer = setTimeout(async () => {
    try {
      const state = await (await called("/readyz")).json();
      if (!line.isConnected) return;
      if (state.ready) {
        again();
        return;
      }
      const far = state.total ? ` (${state.done} of ${state.total})` : "";
      line.textContent = `It is ${STEPS[state.waiting_for] ?? "still loading"}${far}. The search goes on by itself when that is done.`;
    } catch {
      // asked again below
    }
    if (line.isConnected) waits(line, again);
  }, ASK_AGAIN_MS);
}

function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
