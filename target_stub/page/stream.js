// Stream: a search's events as they come, from the stream where there is one, else as one whole answer.

import { toBody, toParameters } from "./asked.js";

const NO_STREAM = [404, 405, 406, 501]; // of a service, or of something before it, that does not stream

/** What went wrong: a problem after RFC 9457, or `kind` "unreachable" or "broken" where nobody could tell. */
export class Trouble extends Error {
  constructor(kind, problem = {}, retryAfterS = null) {
    super(problem.detail ?? kind);
    this.kind = kind;
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** Yield {event, data, kept} as the service sends them; `kept` says since when and why an answer is an old one. */
export async function* searched(asked, cursor, signal) {
  if (asked.stream && "ReadableStream" in globalThis) {
    const address = `/api/search/stream?${toParameters(asked, cursor)}`;
    const answer = await called(address, { signal });
    if (!NO_STREAM.includes(answer.status)) {
      const keeper = cursor || answer.headers.has("X-Kept-At") ? null : navigator.serviceWorker?.controller;
      yield* keeping(events(await accepted(answer)), address, keeper);
      return;
    }
  }
  yield* whole(asked, cursor, signal);
}

/** Pass the events on; of an answer that came to its end, give the last results to the worker to keep. */
async function* keeping(told, address, keeper) {
  const last = {};
  for await (const its of told) {
    last[its.event] = its.data;
    yield its;
  }
  if (last.results) keeper?.postMessage({ address, events: last });
}

async function* whole(asked, cursor, signal) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(toBody(asked, cursor));
  const answer = await accepted(await called("/api/search", { method: "POST", headers, body, signal }));
  const stages = (answer.headers.get("Server-Timing") ?? "").matchAll(/([\w-]+);dur=([\d.]+)/g);
  const page = await answer.json();
  yield { event: "results", data: { stage: "whole", ...page } };
  const stages_ms = Object.fromEntries([...stages].map(([, stage, ms]) => [stage, Number(ms)]));
  yield { event: "done", data: { cache: answer.headers.get("X-Cache"), stages_ms } };
}

/** Return the answer to a request; an unreachable service is a `Trouble`. */
export async function called(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("unreachable");
  }
}

/** Return the answer if it is a good one; a refusal is a `Trouble` with its problem. */
export async function accepted(answer) {
  if (answer.ok) return answer;
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // of something before the service that speaks no JSON: the status has to do
  }
  throw new Trouble("refused", { status: answer.status, ...problem }, Number(answer.headers.get("Retry-After")) || null);
}

/** Yield the server-sent events of an answer; one that ends before `done` is a `Trouble`. */
export async function* events(answer) {
  const kept = answer.headers.get("X-Kept-At");
  const because = answer.headers.get("X-Kept-Because");
  let ended = false;
  for await (const block of blocks(answer.body)) {
    const told = parsed(block);
    if (!told) continue;
    if (told.event === "error") throw new Trouble("refused", told.data);
    ended ||= told.event === "done";
    yield { ...told, kept: kept && { at: new Date(kept), because } };
  }
  if (!ended) throw new Trouble("broken");
}

async function* blocks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw error.name === "AbortError" ? error : new Trouble("broken");
      });
      if (done) return;
      const pieces = (waiting + value).split("\n\n");
      waiting = pieces.pop();
      yield* pieces;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(block) {
  const found = { event: "message", data: null };
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) found.event = line.slice(7);
    else if (line.startsWith("data: ")) found.data = JSON.parse(line.slice(6));
  }
  return found.data === null ? null : found;
}
