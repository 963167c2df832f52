"""Counting: the metrics of the caches, by level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from target_stub import metric_names as names
from target_stub.answer import CacheResult
from target_stub.cache import Origin
from target_stub.caches.tiers import Tiers
from target_stub.metrics import Metrics
from target_stub.redis_link import Trouble

LEVELS: Mapping[str, tuple[str, ...]] = {"off": (), "l1": ("l1",), "l2": ("l2",), "l1+l2": ("l1", "l2")}


class Counter(Protocol):
    """What counts."""

    def inc(self, amount: float = 1) -> None:
        """Count."""
        ...


class CacheMetrics:
    """What the caches count. Searches that share a flight are counted where they looked first."""

    def __init__(self, metrics: Metrics, cache: str, tiers: Callable[[], Tiers | None]) -> None:
        levels = LEVELS[cache] or ("l1",)
        requests = metrics.counters(
            names.CACHE_REQUESTS,
            "Searches by what the cache did for them.",
            ("cache", "result"),
            [(level, result) for level in levels for result in names.CACHE_RESULTS],
        )
        self._by_result = _by_result(requests, levels)
        self._second = {result: requests["l2", result] for result in ("hit", "miss")} if "l2" in levels else {}
        self._evicted = metrics.counters(
            names.CACHE_EVICTIONS,
            "Answers dropped from the cache.",
            ("cache", "reason"),
            [("l1", reason) for reason in names.EVICTION_REASONS],
        )
        self._troubles = metrics.counters(
            names.CACHE_TROUBLES,
            "Answers that a level could not give or keep, by the reason.",
            ("cache", "trouble"),
            [("l2", trouble) for trouble in names.CACHE_TROUBLE_KINDS],
        )
        self._warmed = metrics.counters(
            names.CACHE_WARMED,
            "Answers computed before they were asked for, by the cause.",
            ("cause",),
            [(cause,) for cause in names.WARMING_CAUSES],
        )
        self._predictions = metrics.counters(
            names.CACHE_PREDICTIONS,
            "Predicted answers by whether anybody asked for them before they went.",
            ("result",),
            [(result,) for result in names.PREDICTION_RESULTS],
        )
        self._invalidations = metrics.counters(
            names.CACHE_INVALIDATIONS,
            "Times that answers were forgotten before their time, by the cause.",
            ("cause",),
            [(cause,) for cause in names.INVALIDATION_CAUSES],
        )
        self._gauges(metrics, levels, tiers)

    def _gauges(self, metrics: Metrics, levels: tuple[str, ...], tiers: Callable[[], Tiers | None]) -> None:
        def first(read: Callable[[Tiers], int]) -> Callable[[], int]:
            return lambda: 0 if (its := tiers()) is None else read(its)

        readers: dict[str, tuple[Callable[[Tiers], int], Callable[[Tiers], int]]] = {
            "l1": (
                lambda its: its.first.entries() if its.first else 0,
                lambda its: its.first.size_bytes() if its.first else 0,
            ),
            "l2": (
                lambda its: its.second.facts.entries if its.second else 0,
                lambda its: its.second.facts.size_bytes if its.second else 0,
            ),
        }
        metrics.gauges(
            names.CACHE_ENTRIES, "Answers in the cache.", "cache", {its: first(readers[its][0]) for its in levels}
        )
        metrics.gauges(
            names.CACHE_BYTES,
            "Memory that the cache takes; of l2, all that its server takes.",
            "cache",
            {its: first(readers[its][1]) for its in levels},
        )

    def searched(self, result: CacheResult) -> None:
        """Count what the first level asked did for a search."""
        counter = self._by_result.get(result)
        if counter is not None:
            counter.inc()

    def shared(self, happened: str) -> None:
        """Count what the second level did: hit, miss, or a trouble."""
        counter = self._second.get(happened)
        (counter or self._troubles["l2", happened]).inc()

    def trouble(self, trouble: Trouble) -> None:
        """Count a call to the second level that had no reply."""
        self._troubles["l2", trouble.value].inc()

    def dropped(self, reason: str, count: int) -> None:
        """Count answers that went from the first level."""
        self._evicted["l1", reason].inc(count)

    def warmed(self, origin: Origin) -> None:
        """Count an answer that was computed before it was asked for."""
        self._warmed[origin.value,].inc()

    def foreseen(self, used: bool) -> None:
        """Count a predicted answer that was asked for, or that went without."""
        self._predictions["hit" if used else "wasted",].inc()

    def invalidated(self, cause: str) -> None:
        """Count that answers were forgotten."""
        self._invalidations[cause,].inc()


def _by_result(requests: Mapping[tuple[str, ...], Counter], levels: tuple[str, ...]) -> Mapping[CacheResult, Counter]:
    """Return the counter of each result that a search ends with; the second level counts its own look-ups."""
    if levels == ("l2",):
        return {CacheResult.COALESCED: requests["l2", "coalesced"]}
    return {
        CacheResult.HIT: requests["l1", "hit"],
        CacheResult.HIT_L2: requests["l1", "miss"],
        CacheResult.MISS: requests["l1", "miss"],
        CacheResult.COALESCED: requests["l1", "coalesced"],
    }
