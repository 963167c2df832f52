// Written: an answer to the query, from the documents, word by word, with the sources that its numbers stand for.

import { element } from "./marked.js";
import { accepted, called, events } from "./stream.js";

const place = document.getElementById("written");
const MODEL = document.documentElement.dataset.writer !== "";
let asking = null;

/** Offer to answer a query. */
export function offered(query) {
  forgotten();
  const text = MODEL ? "Write an answer from these documents" : "Answer from these documents";
  const button = element("button", { kind: "quiet", text, attributes: { type: "button" } });
  button.addEventListener("click", () => answered(query));
  place.replaceChildren(button);
  place.hidden = false;
}

/** Take the answer, or the offer, away. */
export function forgotten() {
  asking?.abort();
  asking = null;
  place.replaceChildren();
  place.hidden = true;
}

async function answered(query) {
  const mine = (asking = new AbortController());
  const text = element("p", { kind: "text", attributes: { "aria-live": "polite", "aria-busy": "true" } });
  const sources = element("ol", { kind: "sources" });
  const facts = element("p", { kind: "mute", text: "Finding passages…" });
  place.replaceChildren(element("h2", { text: "Answer", attributes: { tabindex: "-1" } }), text, sources, facts);
  place.querySelector("h2").focus();
  try {
    const body = JSON.stringify({ question: query });
    const headers = { "Content-Type": "application/json" };
    const answer = await accepted(await called("/api/answer", { method: "POST", headers, body, signal: mine.signal }));
    for await (const { event, data } of events(answer)) {
      if (event === "sources") sources.replaceChildren(...data.sources.map(source));
      else if (event === "token") text.append(data.text);
      else if (event === "done") ended(text, facts, sources, data);
    }
  } catch (trouble) {
    if (trouble.name === "AbortError") return;
    facts.textContent = `No answer${text.textContent ? " to the end" : ""}: ${trouble.problem?.detail ?? "the service cannot be reached"}. The results below are not touched by that.`;
  } finally {
    text.setAttribute("aria-busy", "false");
  }
}

function source({ number, id, title }) {
  return element("li", { attributes: { value: number }, children: [element("span", { text: title }), element("code", { text: id })] });
}

function ended(text, facts, sources, done) {
  const cited = new Set([...text.textContent.matchAll(/\[(\d+)\]/g)].map(([, number]) => number));
  for (const its of [...sources.children]) if (cited.size && !cited.has(its.getAttribute("value"))) its.remove();
  const by = done.written_by === "extract" ? "Sentences of the documents, chosen without a model" : `Written by ${done.model || `the ${done.written_by} model`}`;
  facts.textContent = `${by}${done.degraded ? "; a larger one was out of budget" : ""}. Check it against its sources.`;
  if (!text.textContent) text.textContent = "The passages do not answer this question.";
}
