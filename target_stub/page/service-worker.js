// Service worker: keeps the page and the answers of late, for when the network is away. Answers: the network first.

const VERSION = "__VERSION__";
const SHELL = __SHELL__;
const SHELL_CACHE = `tenfold-shell-${VERSION}`;
const ANSWER_CACHE = `tenfold-answers-${VERSION}`;
const MAX_ANSWERS = 40; // some 8 kB each
const STREAM = "/api/search/stream";
const PAGE_HEADER = "X-Tenfold-Page";
const HTML = { headers: { Accept: "text/html" } };

addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL_CACHE);
      await cache.addAll(SHELL.map((address) => new Request(address, { ...HTML, cache: "no-cache" })));
      await skipWaiting();
    })(),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      await forgotten((name) => name !== SHELL_CACHE && name !== ANSWER_CACHE);
      await clients.claim();
    })(),
  );
});

/** The page tells what to keep: a stream that passed through a copy here would come later to the page. */
addEventListener("message", (event) => {
  const { address, events } = event.data ?? {};
  if (address?.startsWith(`${STREAM}?`) && events?.results && events?.done) {
    event.waitUntil(keep(new URL(address, location.origin).href, events).catch(() => {})); // no room: not kept
  }
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname === "/") event.respondWith(shell(event));
  else if (address.pathname !== "/" && SHELL.includes(address.pathname)) event.respondWith(part(request));
  else if (address.pathname === STREAM && !address.searchParams.has("cursor")) event.respondWith(answer(event));
});

/** The kept page at once; meanwhile the network is asked whether it is still ours, and of this version. */
async function shell(event) {
  const kept = await caches.match("/", { cacheName: SHELL_CACHE, ignoreVary: true });
  if (!kept) return fetch(event.request);
  event.waitUntil(checked(event.resultingClientId));
  return kept;
}

async function part(request) {
  return (await caches.match(request, { cacheName: SHELL_CACHE, ignoreVary: true })) ?? fetch(request);
}

async function checked(clientId) {
  const now = await fetch("/", { ...HTML, cache: "no-cache" }).catch(() => null);
  if (!now || now.status >= 500) return;
  const version = now.headers.get(PAGE_HEADER);
  if (version === VERSION) return;
  if (version) {
    await registration.update().catch(() => {});
    return;
  }
  await forgotten(() => true); // another program has this address now: it must not find our page in its way
  await registration.unregister();
  const client = await clients.get(clientId);
  await client?.navigate(client.url).catch(() => {});
}

/** What the network answers; where it does not, or with a failure, the answer kept of old, labelled as such. */
async function answer(event) {
  const { request } = event;
  let fresh = null;
  try {
    fresh = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
  }
  if (fresh && fresh.status < 500 && fresh.status !== 429) return fresh;
  return (await kept(request.url, fresh?.status ?? "unreachable")) ?? fresh ?? Response.error();
}

async function kept(url, because) {
  const found = await caches.match(url, { cacheName: ANSWER_CACHE, ignoreVary: true });
  if (!found) return null;
  const headers = new Headers(found.headers);
  headers.set("X-Kept-Because", because);
  return new Response(found.body, { headers });
}

/** Keep the end of a stream, and let the oldest ones go. */
async function keep(url, events) {
  const body = ["results", "done"].map((name) => `event: ${name}\ndata: ${JSON.stringify(events[name])}\n\n`).join("");
  const headers = { "Content-Type": "text/event-stream", "X-Kept-At": new Date().toISOString() };
  const cache = await caches.open(ANSWER_CACHE);
  await cache.delete(url); // so that it becomes the youngest
  await cache.put(url, new Response(body, { headers }));
  const all = await cache.keys();
  for (const old of all.slice(0, Math.max(all.length - MAX_ANSWERS, 0))) await cache.delete(old);
}

async function forgotten(wanted) {
  const names = (await caches.keys()).filter((name) => name.startsWith("tenfold-"));
  await Promise.all(names.filter(wanted).map((name) => caches.delete(name)));
}
