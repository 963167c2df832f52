"""Shadow: a share of the searches asked again of the exact scan, beside the answers, to see what the index misses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import nan
from random import Random

from target_stub import metric_names as names
from target_stub.collection import Collection
from target_stub.embedder import Vector
from target_stub.filter import Filter
from target_stub.finding import Finding
from target_stub.index import Neighbours
from target_stub.metrics import Metrics
from target_stub.recall import K, recall_of

LATEST = 200  # queries in the gauge; over longer times, the counters say it


class ShadowMetrics:
    """What shadow queries found, counted for as long as the process lives."""

    def __init__(self, metrics: Metrics) -> None:
        self._latest: deque[float] = deque(maxlen=LATEST)
        metrics.gauge(names.RECALL, "Mean recall@10 of the latest 200 shadow queries.", self.mean)
        queries = metrics.counters(
            names.SHADOW_QUERIES, "Searches asked again.", ("outcome",), [(its,) for its in names.SHADOW_OUTCOMES]
        )
        neighbours = metrics.counters(
            names.SHADOW_NEIGHBOURS,
            "True neighbours, by whether the index found them.",
            ("found",),
            [("yes",), ("no",)],
        )
        self._queries = {outcome: queries[outcome,] for outcome in names.SHADOW_OUTCOMES}
        self._found, self._missed = neighbours["yes",], neighbours["no",]

    def mean(self) -> float:
        """Return the mean of the latest queries, NaN before the first."""
        return sum(self._latest) / len(self._latest) if self._latest else nan

    def measured(self, recall: float, wanted: int) -> None:
        """Count a query with so many true neighbours."""
        self._latest.append(recall)
        self._queries["measured"].inc()
        self._found.inc(recall * wanted)
        self._missed.inc((1 - recall) * wanted)

    def dropped(self) -> None:
        """Count a query that was not asked again, since another one was being asked."""
        self._queries["dropped"].inc()


class ShadowedFinding:
    """Finds as the finding inside does; a share of what it is asked is asked again of the exact scan, in a thread.

    One at a time: under load queries are dropped, never answers delayed by a queue of them.
    """

    def __init__(
        self, inside: Finding, collection: Collection, share: float, metrics: ShadowMetrics, rng: Random
    ) -> None:
        self._inside = inside
        self._collection = collection
        self._share = share
        self._metrics = metrics
        self._rng = rng
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shadow")
        self._busy = False
        self._begun = False

    def begin(self) -> None:
        """Ask again from now on: what warmed up before is not what users ask for."""
        self._begun = True

    async def find(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Find, and perhaps ask again afterwards."""
        found = await self._inside.find(vector, k, exact=exact, ef=ef, where=where)
        if self._begun and not exact and self._rng.random() < self._share:
            self._ask_again(lambda: self._compare(vector, found, k, ef, where))
        return found

    def _ask_again(self, compare: Callable[[], tuple[float, int]]) -> None:
        if self._busy:
            self._metrics.dropped()
            return
        self._busy = True
        asyncio.wrap_future(self._thread.submit(compare)).add_done_callback(self._compared)

    def _compare(
        self, vector: Vector, found: Neighbours, k: int, ef: int | None, where: Filter | None
    ) -> tuple[float, int]:
        if k < K:
            found = self._collection.nearest(vector, K, ef=ef, where=where)
        truth = self._collection.nearest(vector, K, exact=True, where=where)
        return recall_of(found, truth), len(truth)

    def _compared(self, done: asyncio.Future[tuple[float, int]]) -> None:
        self._busy = False
        if not done.cancelled() and done.exception() is None:
            self._metrics.measured(*done.result())

    def close(self) -> None:
        """Drop what waits, and let the threads end after what they are at."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._inside.close()
