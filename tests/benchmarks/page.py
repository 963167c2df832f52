"""The search page in a real browser: streamed or whole answers, and visits with and without its service worker.

Each pair is measured in turn, round after round, in one browser; times are the browser's own. The interval is that of
the median by order statistics (95 %, binomial), of the ratio that of the rounds' own ratios.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binom

from loadtests.services.processors import split
from tests.benchmarks import sides
from tests.benchmarks.paper import Table
from tests.end_to_end.chromium import Chromium

COMMON = {"corpus": "stdlib", "cache": "off"}
MINILM = {"embedder": "minilm", "rerank": "minilm", "fusion_weight": 0.5}
REMOTE = {"embed_extra_ms": 100, "embed_extra_kind": "sleep"}  # as long as a hosted model takes for a query
NETWORK_MS = 100  # between the reader and the service, there and back
VERBS = ("parse", "read", "write", "close", "copy", "join", "split", "sort", "count", "lock")
NOUNS = ("a date", "an archive", "a socket", "a process", "an address")
READY = "document.body?.dataset.ready === 'yes' && performance.getEntriesByType('navigation')[0].loadEventEnd > 0"
ASK = """(async () => {
  performance.clearMarks();
  document.querySelector('#query').value = %r;
  document.querySelector('#form').requestSubmit();
  const marks = name => performance.getEntriesByType('mark').filter(its => its.name.startsWith(name));
  while (!marks('results:final').length) await new Promise(done => setTimeout(done, 5));
  const [asked] = marks('asked'), results = marks('results:').map(its => its.startTime - asked.startTime);
  return [Math.min(...results), Math.max(...results)];
})()"""
VISITED = """(() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return paint && [paint.startTime, performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd];
})()"""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, and both sides' times in ms, round by round."""

    name: str
    before: tuple[str, Sequence[float]]
    after: tuple[str, Sequence[float]]


def measure(*, quick: bool = False) -> Table:
    """Run the rounds and return the table."""
    table = Table(("what", "before: median ms (95 %)", "after: median ms (95 %)", "after / before (95 %)", "rounds"))
    if shutil.which("chromium") is None:
        table.add("not measured: no Chromium", "", "", "", "")
        return table
    for row in [
        *_answers("MiniLM, best 50 ranked again", MINILM, 3 if quick else 30),
        *_answers(f"a model that takes {REMOTE['embed_extra_ms']} ms", REMOTE, 3 if quick else 30),
        *_visits(3 if quick else 20),
    ]:
        ratios = [after / before for before, after in zip(row.before[1], row.after[1], strict=True)]
        told = [f"{name}: {_told(times, '.0f')}" for name, times in (row.before, row.after)]
        table.add(row.name, *told, _told(ratios, ".2f"), len(ratios))
    return table


def _told(values: Sequence[float], form: str) -> str:
    """Return the median with its interval."""
    ordered, number = sorted(values), len(values)
    median = (ordered[(number - 1) // 2] + ordered[number // 2]) / 2
    rank = max(int(binom.ppf(0.025, number, 0.5)) - 1, 0)
    return f"{median:{form}} ({ordered[rank]:{form}} to {ordered[number - 1 - rank]:{form}})"


def _answers(name: str, switches: Mapping[str, Any], rounds: int) -> list[Row]:
    """Ask the same questions of the page as it is and of one that waits for whole answers."""
    questions = [f"{verb} {noun}" for noun in NOUNS for verb in VERBS][:rounds]
    times: dict[str, list[tuple[float, float]]] = {"whole": [], "streamed": []}
    with sides.ours("page", "optimized", {**COMMON, **switches}, split().target) as side, _browser() as browser:
        addresses = {"whole": f"{side.url}/?stream=0", "streamed": f"{side.url}/"}
        for number, question in enumerate(["warm this up", *questions]):
            for kind in ("whole", "streamed") if number % 2 else ("streamed", "whole"):
                _opened(browser, addresses[kind])
                first_ms, last_ms = browser.evaluate(ASK % question)
                if number:
                    times[kind].append((first_ms, last_ms))
    return [
        Row(
            f"{what}, {name}",
            ("whole answer", [its[place] for its in times["whole"]]),
            ("streamed", [its[place] for its in times["streamed"]]),
        )
        for place, what in enumerate(("first results", "last results"))
    ]


def _visits(rounds: int) -> list[Row]:
    """Open the page for the first time, with the browser's own cache, and with the service worker."""
    rows = []
    with sides.ours("page", "optimized", COMMON, split().target) as side, _browser() as browser:
        _opened(browser, side.url)
        browser.until("navigator.serviceWorker.controller !== null")
        for delay_ms in (0, NETWORK_MS):
            _delayed(browser, delay_ms)
            times: dict[str, list[tuple[float, float]]] = {}
            for _ in range(rounds):
                for kind, prepared in _KINDS.items():
                    prepared(browser)
                    _opened(browser, side.url)
                    times.setdefault(kind, []).append(tuple(browser.until(VISITED)))
            place_of = {"first paint": 0, "ready for a query": 1}
            network = f"network of {delay_ms} ms" if delay_ms else "loopback"
            rows += [
                Row(
                    f"{what}, {network}",
                    (kind, [its[place] for its in times[kind]]),
                    ("service worker", [its[place] for its in times["service worker"]]),
                )
                for what, place in place_of.items()
                for kind in ("first visit", "browser's cache")
            ]
    return rows


def _first(browser: Chromium) -> None:
    browser.ask("Network.clearBrowserCache")
    browser.ask("Network.setBypassServiceWorker", bypass=True)


def _again(browser: Chromium) -> None:
    browser.ask("Network.setBypassServiceWorker", bypass=True)


def _kept(browser: Chromium) -> None:
    browser.ask("Network.setBypassServiceWorker", bypass=False)


_KINDS: Mapping[str, Callable[[Chromium], None]] = {
    "first visit": _first,
    "browser's cache": _again,  # filled by the visit before
    "service worker": _kept,
}


def _delayed(browser: Chromium, delay_ms: int) -> None:
    """Let each answer take this much longer, as over a real network."""
    browser.ask("Network.enable")
    browser.ask(
        "Network.emulateNetworkConditions", offline=False, latency=delay_ms, downloadThroughput=-1, uploadThroughput=-1
    )


def _opened(browser: Chromium, address: str) -> None:
    browser.open("about:blank")
    browser.open(address)
    browser.until(READY)


@contextmanager
def _browser() -> Iterator[Chromium]:
    """Yield a browser with a profile of its own, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        Chromium(Path(place) / "profile", Path(place)) as one,
    ):
        yield one
