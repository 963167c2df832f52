"""Recall: measured against the exact scan on request and by shadow queries, and told with its doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import isnan, nan
from random import Random
from typing import Any

import numpy as np
import pytest

from target_stub.collection import Collection
from target_stub.finding import InlineFinding
from target_stub.index import Neighbours
from target_stub.metrics import Metrics
from target_stub.recall import estimate, recall_of
from target_stub.shadow import ShadowedFinding, ShadowMetrics

Serve = Callable[..., Any]
TRUTH = [(row, 1 - row / 10) for row in range(4)]


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        (TRUTH, TRUTH, 1.0),
        ([TRUTH[0], TRUTH[2], (9, 0.1)], TRUTH, 0.5),
        ([], TRUTH, 0.0),
        ([], [], 1.0),
        ([TRUTH[0], TRUTH[1], TRUTH[2], (8, TRUTH[3][1])], TRUTH, 1.0),
        ([*TRUTH, (9, 0.69)], TRUTH, 1.0),
    ],
)
def test_recall_is_the_share_of_true_neighbours_found(found: Neighbours, truth: Neighbours, expected: float) -> None:
    """An equal document counts as the true one; nothing to find is all found."""
    assert recall_of(found, truth) == expected


@pytest.mark.parametrize(
    ("recalls", "mean", "low", "high"),
    [
        # computed by hand from Wilson 1927: (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n), z = 1.96
        ([1.0] * 100, 1.0, 0.9630, 1.0),
        ([0.9] * 100, 0.9, 0.8256, 0.9448),
        ([0.0] * 10, 0.0, 0.0, 0.2775),
        ([1.0, 0.0], 0.5, 0.0945, 0.9055),
    ],
)
def test_the_interval_is_wilsons(recalls: list[float], mean: float, low: float, high: float) -> None:
    """Never empty: a hundred perfect queries do not prove perfection."""
    its = estimate(recalls)
    assert (its.mean, its.low, its.high) == pytest.approx((mean, low, high), abs=1e-3)
    assert its.queries == len(recalls)


class Half:
    """An index that finds the best and then every second row only."""

    name = "half"

    def __init__(self, collection: Collection) -> None:
        self._exact = collection.exact

    def search(self, vector: Any, k: int, ef: int | None = None, where: Any = None) -> Neighbours:
        return self._exact.search(vector, 2 * k, ef, where)[::2][:k]


def test_recall_is_measured_on_request(serve: Serve, collection: Collection) -> None:
    """Of six documents half are found; the exact index finds all; equal seeds ask equal questions."""
    client = serve()
    exact = client.get("/admin/recall?sample=6").json
    assert (exact["recall_at_10"], exact["queries"], exact["index"], exact["high"]) == (1.0, 6, "exact", 1.0)
    assert exact["low"] < 0.7
    collection.index = Half(collection)
    half = client.get("/admin/recall?sample=1000&seed=3").json
    assert (half["recall_at_10"], half["queries"], half["index"]) == (0.5, 6, "half")
    assert half["low"] < 0.5 < half["high"]
    assert half["version"] == collection.version


@pytest.mark.parametrize("query", ["sample=0", "sample=1001", "sample=x", "sample=٣", "seed=-1", "hnsw_ef=0", "k=3"])
def test_wrong_parameters_are_refused(client: Any, query: str) -> None:
    """Status 400 with the parameter."""
    refused = client.get(f"/admin/recall?{query}")
    assert refused.status == 400
    assert refused.json["field"] == f"/{query.partition('=')[0]}"


def test_one_measurement_at_a_time(client: Any) -> None:
    """It costs as much as many searches, so nobody can start a hundred."""

    async def both() -> list[Any]:
        return await asyncio.gather(*(client.call("GET", "/admin/recall?sample=6") for _ in range(2)))

    assert sorted(answer.status for answer in client._runner.run(both())) == [200, 409]


def test_shadow_queries_measure_what_is_searched(serve: Serve, collection: Collection, wait_for: Any) -> None:
    """Each computed search is asked again of the exact scan, whatever k it asked for; cached and exact ones are not."""
    collection.index = Half(collection)
    client = serve(shadow_share=1.0)

    def measured() -> float:
        return float(client.metric('search_shadow_queries_total{outcome="measured"}'))

    client.search(query="tune the violin strings", k=1)
    wait_for(lambda: measured() == 1)
    client.search(query="tune the violin strings", k=1)
    client.search(query="tune the violin strings", params={"exact": True})
    client.search(query="knead the dough")
    wait_for(lambda: measured() == 2)
    assert client.metric("search_recall_at_10") == 0.5
    assert client.metric('search_shadow_neighbours_total{found="yes"}') == 6
    assert client.metric('search_shadow_neighbours_total{found="no"}') == 6


def test_without_shadow_queries_there_is_no_recall(client: Any) -> None:
    """Off is NaN, not a number that looks measured."""
    client.search(query="bread")
    assert isnan(client.metric("search_recall_at_10"))
    assert client.metric('search_shadow_queries_total{outcome="measured"}') == 0


def test_only_a_share_is_asked_again_and_never_two_at_once(collection: Collection) -> None:
    """Of 1000 searches about 100 at a share of 0.1; what comes while one is asked is dropped."""
    metrics = Metrics()
    shadow = ShadowMetrics(metrics)
    finding = ShadowedFinding(InlineFinding(collection), collection, 0.1, shadow, Random(5))
    finding.begin()
    vector = np.ones(256, np.float32)

    async def scenario() -> None:
        for _ in range(1000):
            await finding.find(vector, 3)  # never gives the thread's answer a turn: all but the first are dropped
        while isnan(shadow.mean()):
            await asyncio.sleep(0.001)

    asyncio.run(scenario())
    finding.close()
    text = metrics.exposition("")[0].decode()
    counts = {
        outcome: float(text.partition(f'search_shadow_queries_total{{outcome="{outcome}"}} ')[2].partition("\n")[0])
        for outcome in ("measured", "dropped")
    }
    assert counts["measured"] == 1
    assert 60 < counts["dropped"] < 140
    assert shadow.mean() == 1.0
    assert ShadowMetrics(Metrics()).mean() is nan
