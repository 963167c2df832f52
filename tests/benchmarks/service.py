"""The bundled service on one core, the load from another: each path in turn, FastAPI beside it, all in one run.

Rounds are interleaved and medians printed with their spread. Nothing is judged here: the goals are for reading.
"""

from __future__ import annotations

import http.client
import os
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtests.services.processors import split
from tests.benchmarks import sides
from tests.benchmarks.load import Answered, Asked, press
from tests.benchmarks.paper import Table

CORPUS = {"corpus": "stdlib"}
MANY = 2_000_000  # more queries than any run asks: each is new
HEALTH, CACHED = Asked(path="/healthz"), Asked(distinct=200)
UNCACHED = Asked(distinct=MANY, bypass=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A path to press: whose, what is asked, and what was hoped for."""

    name: str
    url: str
    asked: Asked
    goal: str
    cpus: tuple[int, ...]


def measure(*, quick: bool = False) -> Table:
    """Run the rounds and return the table."""
    rounds, seconds = (1, 1.0) if quick else (5, 3.0)
    cpus = split()
    with ExitStack() as stack:
        rows = _sides(stack, cpus.target, cpus.generator)
        scrapes = _scrape_times(rows[0].url)
        found: dict[str, list[Answered]] = {row.name: [] for row in rows}
        for _ in range(rounds):
            for row in rows:
                found[row.name].append(press(row.url, row.asked, seconds, row.cpus))
    table = Table(("path", "requests/s", "lowest to highest", "p99 ms", "failed", "goal"))
    for row in rows:
        answered = found[row.name]
        rates = [its.rate_per_s for its in answered]
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        p99_ms = statistics.median(its.p99_ms for its in answered)
        failed = sum(its.failed for its in answered)
        table.add(row.name, f"{statistics.median(rates):,.0f}", spread, f"{p99_ms:.1f}", failed, row.goal)
    _add_comparisons(table, found)
    table.add("a scrape of /metrics", "", "", f"{scrapes:.2f} ms of the loop", "", "< 2 ms")
    return table


def _sides(stack: ExitStack, target: tuple[int, ...], load: tuple[int, ...]) -> list[Row]:
    """Start every server; those not pressed sleep, so that they may all be there at once."""
    start = stack.enter_context
    static = start(sides.ours("static", "optimized", CORPUS, target))
    bare = start(sides.bare(target))
    rival = start(sides.fastapi(CORPUS, target))
    minilm = start(sides.ours("minilm", "optimized", {**CORPUS, "embedder": "minilm"}, target))
    both = tuple(sorted(os.sched_getaffinity(0)))
    one = start(sides.ours("one", "optimized", CORPUS, both))
    two = start(sides.ours("two", "optimized", {**CORPUS, "workers": 2}, both))
    return [
        Row("health", static.url, HEALTH, ">= 25 000/s", load),
        Row("health, bare aiohttp", bare.url, HEALTH, "", load),
        Row("health, FastAPI", rival.url, HEALTH, "", load),
        Row("cached", static.url, CACHED, ">= 15 000/s", load),
        Row("cached, FastAPI", rival.url, CACHED, "", load),
        Row("uncached, static", static.url, UNCACHED, ">= 4 000/s, p99 < 20 ms", load),
        Row("uncached, FastAPI, static", rival.url, UNCACHED, "", load),
        Row("uncached, MiniLM", minilm.url, UNCACHED, ">= 150/s", load),
        Row("uncached, one process, both cores", one.url, UNCACHED, "", both),
        Row("uncached, two processes, both cores", two.url, UNCACHED, "", both),
    ]


def _add_comparisons(table: Table, found: dict[str, list[Answered]]) -> None:
    def ratio(one: str, other: str) -> str:
        return f"{_median(found[one], found[other], lambda a, b: a / b):.2f}x"

    overhead_us = _median(found["health"], found["health, bare aiohttp"], lambda a, b: 1e6 / a - 1e6 / b)
    table.add("all middlewares, health against bare aiohttp", f"{overhead_us:.1f} us", "", "", "", "<= 10 us")
    table.add("cached against FastAPI", ratio("cached", "cached, FastAPI"), "", "", "", ">= 2x")
    table.add("uncached against FastAPI", ratio("uncached, static", "uncached, FastAPI, static"), "", "", "", ">= 1.4x")
    pair = ("uncached, two processes, both cores", "uncached, one process, both cores")
    table.add("two processes against one", ratio(*pair), "", "", "", ">= 1.7x")


def _median(one: Sequence[Answered], other: Sequence[Answered], of: Callable[[float, float], float]) -> float:
    """Return the median over the rounds of a number that each round's two rates give."""
    return statistics.median(of(a.rate_per_s, b.rate_per_s) for a, b in zip(one, other, strict=True))


def _scrape_times(url: str) -> float:
    """Return the median time in ms that the service says a scrape took."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    times = []
    for _ in range(30):
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        answer.read()
        times.append(float((answer.getheader("X-Response-Time") or "nan").removesuffix("ms")))
    connection.close()
    return statistics.median(times)
