"""The search page in a real browser, over a real service: stages, hostile names, keys, filters, and no network."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.chromium import Chromium

TOKEN = "for-the-tests"
HOSTILE = "<img src=x onerror=document.title='broken'>"
SLOW_MS = 300  # what the second stage takes, so that the first one is seen
SWITCHES = ["--embedder", "hashing", "--index", "exact", "--keyword", "bm25"]
SLOW = ["--embed-extra-ms", str(SLOW_MS), "--embed-extra-kind", "sleep"]
FINISHED = "!document.querySelector('#stages .waiting') && document.querySelector('#summary').textContent"
TITLES = "[...document.querySelectorAll('#results .title')].map(its => its.textContent)"
CACHES = "caches.keys().then(its => its.sort())"
MODES = "document.documentElement.dataset.modes"
FOCUSED = "document.activeElement.closest('li')?.dataset.id ?? document.activeElement.id"
WATCH = """new MutationObserver(() => {
  const reached = [...document.querySelectorAll('#stages .reached')].map(its => its.dataset.stage).join(' ');
  if (reached && reached !== (window.seen ??= []).at(-1)?.[0])
    seen.push([reached, document.querySelectorAll('#results li').length]);
}).observe(document.body, {subtree: true, childList: true})"""

CONTRASTS = """(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(its => its / 255)
    .map(its => its <= 0.03928 ? its / 12.92 : ((its + 0.055) / 1.055) ** 2.4)
    .reduce((sum, its, index) => sum + its * [0.2126, 0.7152, 0.0722][index], 0);
  const paper = its => { for (; its; its = its.parentElement) {
    const colour = rgb(getComputedStyle(its).backgroundColor);
    if (colour[3] !== 0) return colour; } return [255, 255, 255]; };
  const low = [];
  for (const its of document.querySelectorAll('header *, main *, footer *')) {
    if (![...its.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !its.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(its).color)), light(paper(its))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(its.textContent.trim().slice(0, 40));
  }
  return low;
})()"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents: fourteen of bread, one of violins, and one whose every name is markup."""
    folder = tmp_path_factory.mktemp("texts")
    for number in range(14):
        place = folder / ("kitchen" if number % 2 else "bakery")
        place.mkdir(exist_ok=True)
        (place / f"loaf-{number:02}.txt").write_text(f"Bread number {number}\nKnead the dough & bake it. " * 3)
    (folder / "bakery" / "violin.md").write_text("How to tune a violin\nRosin the bow.\n")
    nasty = folder / "<script>document.title='broken'<"
    nasty.mkdir()
    (nasty / "<b>bold&amp;<mark>.txt").write_text(f"{HOSTILE} tuba\n</mark>{HOSTILE}<mark> tuba &lt;b&gt;\n")
    return folder


@contextmanager
def service(texts: Path, folder: Path, port: int, more: Sequence[str] = ()) -> Iterator[str]:
    """Run the service over the documents."""
    command = [sys.executable, "-m", "target_stub", "--port", str(port), "--corpus", str(texts), *SWITCHES, *more]
    url = f"http://{LOOPBACK}:{port}"
    environ = {
        "TENFOLD_CACHE_DIR": str(folder / "cache"),
        "TENFOLD_STUB_FAULTS": "true",
        "TENFOLD_STUB_ADMIN_TOKEN": TOKEN,
    }
    with Child("the service", command, folder / f"service-{port}.log", environ=environ) as child:
        wait_for(child, "readiness", lambda: answers(f"{url}/readyz"), 60)
        yield url


@pytest.fixture(scope="module")
def url(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(texts, tmp_path_factory.mktemp("service"), free_port(), SLOW) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    folder = tmp_path_factory.mktemp("browser")
    with Chromium(folder / "profile", folder) as one:
        yield one


def opened(browser: Chromium, address: str) -> None:
    """Open an address, and wait until its scripts run."""
    browser.open("about:blank")
    browser.open(address)
    browser.until("document.body?.dataset.ready === 'yes'")


def searched(browser: Chromium, address: str) -> str:
    """Open the address of a search, wait until it is through, and return what the page says of it."""
    opened(browser, address)
    return str(browser.until(FINISHED))


def test_results_by_words_are_there_before_those_by_meaning(browser: Chromium, url: str) -> None:
    """Each stage in turn, with its time; the count is announced, the words are marked, the query is in the address."""
    opened(browser, url)
    assert browser.evaluate("document.activeElement.id") == "query"
    browser.evaluate(WATCH)
    browser.write("tune the violin")
    browser.press("Enter")
    browser.until(FINISHED)
    stages = browser.evaluate("seen")
    assert [stage for stage, _ in stages] == ["keyword", "keyword fused"]
    assert stages[0][1] == 1  # by words, only the document that has them
    times = browser.evaluate("[...document.querySelectorAll('#stages b')].map(its => parseFloat(its.textContent))")
    assert times[0] < times[1]
    assert times[1] >= SLOW_MS
    assert browser.evaluate(TITLES)[0] == "How to tune a violin"
    assert "violin" in browser.evaluate("[...document.querySelectorAll('mark')].map(its => its.textContent)")
    assert browser.evaluate("document.querySelector('[role=status]').textContent").strip().startswith("10 results")
    assert browser.evaluate("location.search") == "?q=tune+the+violin"
    assert "embedding the query" in browser.evaluate("document.querySelector('#spent').textContent")


def test_without_a_stream_the_whole_answer_comes_at_once(browser: Chromium, url: str) -> None:
    """The same results by `/api/search`: where something between does not stream, or the address says so."""
    searched(browser, f"{url}/?q=tune+the+violin")
    streamed = browser.evaluate(TITLES)
    searched(browser, f"{url}/?q=tune+the+violin&stream=0")
    assert browser.evaluate(TITLES) == streamed
    assert browser.evaluate("document.querySelector('#stages').textContent").startswith("in one piece")


def test_hostile_names_are_text(browser: Chromium, url: str) -> None:
    """Title, text, name, folder and query are shown as they are written; none becomes an element."""
    opened(browser, f"{url}/?mode=keyword&q={quote(HOSTILE + ' tuba')}")
    browser.until(FINISHED)
    assert browser.evaluate(TITLES) == [f"{HOSTILE} tuba"]
    shown = browser.evaluate("document.querySelector('main').textContent")
    for name in (f"</mark>{HOSTILE}<mark>", "<b>bold&amp;<mark>.txt", "<script>document.title='broken'<", "&lt;b&gt;"):
        assert name in shown
    browser.press("ArrowDown")
    browser.press("Enter")
    assert HOSTILE in browser.until("document.querySelector('.whole pre')?.textContent")
    assert browser.evaluate("document.querySelectorAll('main img, main script, #results b, #facets b').length") == 0
    assert "broken" not in browser.evaluate("document.title.replace(new URLSearchParams(location.search).get('q'), '')")


def test_an_answer_is_written_with_its_sources(browser: Chromium, url: str) -> None:
    """On request, beside the results; its numbers lead to the sources that it cites, and only those are listed."""
    source = """window.complaints = [];
      addEventListener('securitypolicyviolation', its => complaints.push(its.violatedDirective));
      addEventListener('error', its => complaints.push(its.message));
      addEventListener('unhandledrejection', its => complaints.push(String(its.reason)))"""
    browser.ask("Page.enable")
    watching = browser.ask("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"]
    searched(browser, f"{url}/?q=how+do+I+tune+a+violin&mode=keyword")
    browser.evaluate("document.querySelector('#written button').click()")
    browser.until("document.querySelector('#written .text')?.getAttribute('aria-busy') === 'false'")
    text = browser.evaluate("document.querySelector('#written .text').textContent")
    numbers = browser.evaluate("[...document.querySelectorAll('#written li')].map(its => its.value)")
    assert text.startswith("How to tune a violin [")
    assert sorted(numbers) == sorted({int(number) for number in re.findall(r"\[(\d+)\]", text)})
    assert "bakery/violin.md" in browser.evaluate("document.querySelector('#written .sources').textContent")
    assert browser.evaluate(TITLES)[0] == "How to tune a violin"
    assert browser.evaluate("complaints") == []  # neither of the policy nor of a script
    browser.ask("Page.removeScriptToEvaluateOnNewDocument", identifier=watching)


def test_markup_from_text_is_impossible(browser: Chromium, url: str) -> None:
    """Even for a script that tried: the browser itself refuses, by the page's policy."""
    opened(browser, url)
    script = (
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'made' } catch (error) { return error.name } })()"
    )
    assert browser.evaluate(script) == "TypeError"


def test_keys_alone_will_do(browser: Chromium, url: str) -> None:
    """Slash, arrows, Home and End, Enter to open, Escape back to the query and to empty it."""
    searched(browser, f"{url}/?q=bread&mode=keyword")
    ids = browser.evaluate("[...document.querySelectorAll('#results li')].map(its => its.dataset.id)")
    browser.press("/")
    for key, place in (("ArrowDown", 0), ("ArrowDown", 1), ("End", 9), ("ArrowUp", 8), ("Home", 0)):
        browser.press(key)
        assert browser.evaluate(FOCUSED) == ids[place]
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("ArrowUp")
    assert browser.evaluate(FOCUSED) == "query"
    assert browser.evaluate("document.querySelector('#query').value") == "bread"
    browser.press("Escape")
    assert browser.evaluate("document.querySelector('#query').value") == ""
    browser.write("a")
    browser.press("/")
    browser.write("b")
    assert browser.evaluate("document.querySelector('#query').value") == "a/b"


def test_filters_pages_and_the_way_back(browser: Chromium, url: str) -> None:
    """A ticked value narrows, the next page goes on behind it, and the browser's own button leads back."""
    searched(browser, f"{url}/?q=bread&mode=keyword")
    browser.evaluate(
        "[...document.querySelectorAll('#facets label')].find(its => its.textContent.includes('kitchen')).click()"
    )
    browser.until("location.search.includes('package=kitchen')")
    browser.until("document.querySelectorAll('#results li').length === 7")
    assert browser.evaluate("document.querySelector('#more').hidden")
    browser.evaluate("history.back()")
    browser.until("document.querySelectorAll('#results li').length === 10")
    browser.until("!document.querySelector('#more').hidden")
    browser.evaluate("document.querySelector('#more').click()")
    browser.until("document.querySelectorAll('#results li').length === 14")
    ids = browser.evaluate("[...document.querySelectorAll('#results li')].map(its => its.dataset.id)")
    assert len(set(ids)) == 14
    browser.until(f"({FOCUSED}) === {ids[10]!r}")


@pytest.mark.parametrize(
    ("query", "title", "advice"),
    [("x" * 2001, "Out of range", "Shorten the query"), ("%00%01", "Empty query", "Type at least one word")],
)
def test_a_refusal_is_told_in_words(browser: Chromium, url: str, query: str, title: str, advice: str) -> None:
    """The problem's title and detail, what to do, and where more is said; it is announced too."""
    opened(browser, f"{url}/?q={query}")
    browser.until("!!document.querySelector('.notice.bad')")
    shown = browser.evaluate("document.querySelector('.notice').innerText")
    assert title in shown
    assert advice in shown
    assert title in browser.evaluate("document.querySelector('[role=status]').textContent")
    assert browser.evaluate("document.querySelector('.notice a').pathname") == "/problems"


FAKE = """window.real ??= fetch; window.fetch = async (address, options) => {
  const told = answers[String(address).split('?')[0]];
  return told ? new Response(told[0], {status: told[1], headers: {'Retry-After': '7'}}) : real(address, options);
}; window.answers = %s; null"""
NOTICE = "document.querySelector('.notice')?.innerText"


def ask(browser: Chromium, query: str, streamed: str, status: int = 200, readiness: str = "") -> None:
    """Ask from the page, where the stream (and the readiness) is not the service's but what is given."""
    told = {"/api/search/stream": [streamed, status]} | ({"/readyz": [readiness, 503]} if readiness else {})
    browser.evaluate(FAKE % json.dumps(told))
    browser.evaluate(f"document.querySelector('#query').value = {query!r}; document.forms[0].requestSubmit()")


def test_what_goes_wrong_on_the_way_is_told_in_words(browser: Chromium, url: str) -> None:
    """A stream that breaks off keeps what had come; an error in it, a proxy's page and a limit are told."""
    opened(browser, f"{url}/?mode=keyword")
    result = {"id": "a", "score": 1, "title": "<b>", "package": "", "kind": ""}
    some = f"event: results\ndata: {json.dumps({'stage': 'keyword', 'results': [result], 'next': None})}\n\n"
    problem = json.dumps({"title": "Internal error", "detail": "<i>it</i> failed", "code": "internal", "status": 500})
    ask(browser, "one", some)
    browser.until(f"({NOTICE})?.includes('not complete')")
    assert browser.evaluate(TITLES) == ["<b>"]
    ask(browser, "two", f"{some}event: error\ndata: {problem}\n\n")
    browser.until(f"({NOTICE})?.includes('<i>it</i> failed. Try again')")
    ask(browser, "three", "<h1>Bad gateway</h1>", 502)
    browser.until(f"({NOTICE})?.includes('The answer had status 502.')")
    ask(browser, "four", json.dumps({"title": "Too many requests", "code": "too_many_requests", "detail": "slow"}), 429)
    browser.until(f"({NOTICE})?.includes('It asks to wait 7 s.')")


def test_a_service_that_is_loading_is_waited_for(browser: Chromium, url: str) -> None:
    """The page says how far it is, and searches by itself when it is ready."""
    opened(browser, f"{url}/?mode=keyword")
    problem = json.dumps({"title": "Not ready", "detail": "waiting for vectors", "code": "not_ready", "status": 503})
    readiness = json.dumps({"ready": False, "waiting_for": "vectors", "done": 3, "total": 9})
    ask(browser, "violin", problem, 503, readiness)
    browser.until(f"({NOTICE})?.includes('embedding them (3 of 9)')")
    browser.evaluate("window.answers = {}; null")
    browser.until(f"({TITLES}).includes('How to tune a violin')")
    assert browser.evaluate(NOTICE) is None


@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_from_telephone_to_desk(browser: Chromium, url: str, width: int, scheme: str) -> None:
    """Nothing is wider than the window, and text keeps a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3) in both schemes."""
    browser.scheme(scheme)
    browser.width(width)
    try:
        searched(browser, f"{url}/?q=bread&mode=keyword")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(CONTRASTS) == []
    finally:
        browser.ask("Emulation.clearDeviceMetricsOverride")


def test_without_the_network_the_page_and_kept_answers_are_there(texts: Path, tmp_path: Path) -> None:
    """After one visit: the shell, and answers labelled as kept; a new version takes over, and strangers are let in."""
    port = free_port()
    kept, other = "/?q=violin", "/?q=dough"
    with Chromium(tmp_path / "profile", tmp_path) as browser:
        with service(texts, tmp_path, port) as url:
            opened(browser, url)
            browser.until("navigator.serviceWorker.controller !== null")
            searched(browser, url + kept)
            browser.until("caches.keys().then(its => its.filter(name => name.startsWith('tenfold-answers-')).length)")
            titles = browser.evaluate(TITLES)
            _bounded(browser)
            searched(browser, url + kept)
            versions = browser.evaluate(CACHES)
            broken = {"errors": {"ratio": 1, "status": 503}}
            headers = {"Authorization": f"Bearer {TOKEN}"}
            assert requests.put(f"{url}/admin/faults", json=broken, headers=headers, timeout=60).ok
            assert searched(browser, url + kept).endswith("kept")
            assert "answers with status 503" in browser.evaluate("document.querySelector('.notice.old').innerText")
        assert searched(browser, url + kept).endswith("kept")
        assert browser.evaluate(TITLES) == titles
        assert "the service cannot be reached" in browser.evaluate("document.querySelector('.notice.old').innerText")
        assert "kept answer" in browser.evaluate("document.querySelector('[role=status]').textContent")
        opened(browser, url + other)
        browser.until("document.querySelector('.notice.bad')?.innerText.includes('cannot be reached')")
        with service(texts, tmp_path, port, ["--keyword", "off"]):
            browser.evaluate("document.querySelector('.notice button').click()")
            browser.until("document.querySelectorAll('#results li').length")
            opened(browser, url)
            browser.until(f"({CACHES}).then(its => its.join() !== {','.join(versions)!r} && its.length <= 2)")
            for _ in range(50):  # the new version has come; a page that is open keeps its own until it is loaded again
                opened(browser, url)
                if browser.evaluate(MODES) == "vector":
                    break
            assert browser.evaluate(MODES) == "vector"
        with _stranger(port, tmp_path):
            browser.open(url)
            browser.until("document.body?.innerText === 'another program'")
            assert browser.evaluate(CACHES) == []


def _bounded(browser: Chromium) -> None:
    """Give more to keep than are kept: the oldest go."""
    told = "{address: `/api/search/stream?mode=keyword&query=bread+${n}`, events: {results: {results: []}, done: {}}}"
    browser.evaluate(f"[...Array(45).keys()].forEach(n => navigator.serviceWorker.controller.postMessage({told}))")
    kept = """caches.keys().then(names => caches.open(names.find(its => its.startsWith('tenfold-answers-'))))
      .then(cache => cache.keys())"""
    browser.until(f"{kept}.then(its => its.length === 40 && !its.some(one => one.url.includes('violin')))")


@contextmanager
def _stranger(port: int, folder: Path) -> Iterator[None]:
    (folder / "index.html").write_text("<!doctype html><body>another program")
    command = [sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK, "--directory", str(folder)]
    with Child("another program", command, folder / "stranger.log") as child:
        wait_for(child, "an answer", lambda: answers(f"http://{LOOPBACK}:{port}/index.html"), 30)
        yield
