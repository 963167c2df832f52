"""Each switch of the service off and on, interleaved in one run: what it brings, and what it costs.

A row is data: add one for a new switch. The load is a closed loop, so the rates are those at an equal number of
connections; p95 is told beside them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import requests

from loadtests.services.processors import split
from tests.benchmarks import sides
from tests.benchmarks.load import Answered, Asked, press
from tests.benchmarks.paper import Table
from tests.benchmarks.sides import Side

NEW = Asked(distinct=2_000_000)
NEW_PAST_THE_CACHE = Asked(distinct=2_000_000, bypass=True)
FEW = Asked(distinct=200)
MINILM = {"embedder": "minilm"}
INSTALLED = {"corpus": "installed", "index": "qdrant"}
CODES_OFF = {"index_quantisation": "none"}
JUDGED = [f"parse the {word} from a string" for word in ("date", "address", "number", "header", "path", "colour")]


@dataclass(frozen=True, slots=True)
class Row:
    """A switch: its two settings over what is common to both, what is asked, and by how many connections."""

    name: str
    off: Mapping[str, Any]
    on: Mapping[str, Any]
    common: Mapping[str, Any] = field(default_factory=dict)
    asked: Asked = NEW_PAST_THE_CACHE
    connections: int = 32
    processes: int = 1


ROWS = (
    Row("index: exact, qdrant (stdlib)", {"index": "exact"}, {"index": "qdrant"}),
    Row("index: exact, qdrant (installed)", {"index": "exact"}, {"index": "qdrant"}, {"corpus": "installed"}),
    Row("cache: off, l1 (200 queries)", {"cache": "off"}, {"cache": "l1"}, asked=FEW),
    Row("cache: off, l1 (200 queries, MiniLM)", {"cache": "off"}, {"cache": "l1"}, MINILM, FEW),
    Row("cache: off, l2 (200 queries)", {"cache": "off"}, {"cache": "l2"}, asked=FEW),
    Row("cache: off, l2 (200 queries, MiniLM)", {"cache": "off"}, {"cache": "l2"}, MINILM, FEW),
    Row("cache: l1, l1+l2 (every query new)", {"cache": "l1"}, {"cache": "l1+l2"}, asked=NEW),
    Row(
        "single_flight (one query, no cache, MiniLM)",
        {"single_flight": False},
        {"single_flight": True},
        {**MINILM, "cache": "off"},
        Asked(distinct=1),
    ),
    Row("embed_in_thread (static)", {"embed_in_thread": "off"}, {"embed_in_thread": "on"}),
    Row(
        "embed_in_thread (MiniLM, alone each)",
        {"embed_in_thread": "off"},
        {"embed_in_thread": "on"},
        {**MINILM, "embed_batch_max": 1},
    ),
    Row("batching: 1, 8 (MiniLM)", {"embed_batch_max": 1}, {"embed_batch_max": 8}, MINILM),
    Row("batching: 1, 8 (static)", {"embed_batch_max": 1}, {"embed_batch_max": 8}),
    Row(
        "batching: 1, 8 (MiniLM, one connection)", {"embed_batch_max": 1}, {"embed_batch_max": 8}, MINILM, connections=1
    ),
    Row("embedder: static, minilm", {"embedder": "static"}, {"embedder": "minilm"}),
    Row("index_quantisation: none, int8 (installed)", CODES_OFF, {"index_quantisation": "int8"}, INSTALLED),
    Row("index_quantisation: none, binary (installed)", CODES_OFF, {"index_quantisation": "binary"}, INSTALLED),
    Row("index_quantisation: none, turbo (installed)", CODES_OFF, {"index_quantisation": "turbo"}, INSTALLED),
    Row("mode: vector, keyword", {"mode": "vector"}, {"mode": "keyword"}),
    Row("mode: vector, hybrid", {"mode": "vector"}, {"mode": "hybrid"}),
    Row("rerank: off, minilm (hybrid)", {"rerank": "off"}, {"rerank": "minilm"}, {"mode": "hybrid"}),
    Row(
        "protection: off, on (nothing refused)",
        {"rate_limit_per_s": 0, "concurrency": "off"},
        {
            "rate_limit_per_s": 1_000_000,
            "rate_limit_burst": 1_000_000,
            "daily_quota": 10**12,
            "concurrency": "adaptive",
        },
    ),
    Row("workers: 1, 2 (both cores)", {"workers": 1}, {"workers": 2}, processes=2),
)


def measure(*, quick: bool = False) -> Table:
    """Run every row and return the table."""
    table = Table(
        ("switch: off, on", "off/s", "on/s", "gain", "p95 off ms", "p95 on ms", "MB off", "MB on", "recall@10")
    )
    with sides.redis_server() as redis_url:
        for row in ROWS:
            if redis_url is None and "l2" in str(row.on):
                table.add(row.name, *[""] * 7, "not measured: no Redis server")
                continue
            _measure(table, row, {"redis_url": redis_url or ""}, (1, 1.0) if quick else (5, 3.0))
    return table


def _measure(table: Table, row: Row, more: Mapping[str, Any], effort: tuple[int, float]) -> None:
    rounds, seconds = effort
    cpus = split()
    target, load = (cpus.target, cpus.generator) if row.processes == 1 else ((), ())
    common = {"corpus": "stdlib", **row.common, **more}
    with ExitStack() as stack:
        off = stack.enter_context(sides.ours("off", "optimized", {**common, **row.off}, target))
        on = stack.enter_context(sides.ours("on", "optimized", {**common, **row.on}, target))
        found: dict[str, list[Answered]] = {"off": [], "on": []}
        for _ in range(rounds):
            for name, side in (("off", off), ("on", on)):
                found[name].append(press(side.url, row.asked, seconds, load, row.connections))
        memory = [side.memory_mb() for side in (off, on)]
        recall = _recall(on)
    rates = [statistics.median(its.rate_per_s for its in found[name]) for name in ("off", "on")]
    p95_ms = [statistics.median(its.p95_ms for its in found[name]) for name in ("off", "on")]
    gain = statistics.median(b.rate_per_s / a.rate_per_s for a, b in zip(found["off"], found["on"], strict=True))
    table.add(
        row.name,
        *(f"{rate:,.0f}" for rate in rates),
        f"{gain:.2f}x",
        *(f"{value:.1f}" for value in p95_ms),
        *(f"{value:,.0f}" for value in memory),
        f"{recall:.3f}",
    )


def _recall(side: Side) -> float:
    """Return the share of the exact search's ten best that the service finds, over a few queries."""
    shares = []
    for query in JUDGED:
        ids = []
        for exact in (True, False):
            body = {"query": query, "cache": "bypass", "params": {"exact": exact}}
            answer = requests.post(f"{side.url}/api/search", json=body, timeout=60).json()
            ids.append({result["id"] for result in answer["results"]})
        shares.append(len(ids[0] & ids[1]) / len(ids[0]))
    return statistics.mean(shares)
