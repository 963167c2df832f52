"""The first-level cache: answers in this process' memory, each for its time, the least recently used going first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cachetools import TLRUCache

from target_stub.cache import CacheKey, Dropped, Origin, Selection

ENTRY_BYTES = 600  # key, links and heap item of an entry besides its words and its body (570 measured, CPython 3.11)

Foreseen = Callable[[bool], None]
"""Called once for each answer computed because it was predicted: whether anybody asked for it."""


class MemoryCache:
    """At most `max_bytes` of answers."""

    def __init__(
        self,
        max_bytes: int,
        dropped: Dropped,
        foreseen: Foreseen = lambda _: None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._answers = _CountingCache(max_bytes, timer, dropped, foreseen)
        self._foreseen = foreseen

    def get(self, key: CacheKey) -> bytes | None:
        """Return the answer, or None when it is not there or has grown too old."""
        try:
            kept = self._answers[key]
        except KeyError:
            return None
        if kept.waits:
            kept.waits = False
            self._foreseen(True)
        return kept.body

    def __contains__(self, key: CacheKey) -> bool:
        """Return whether the answer is there; that is no use of it."""
        return key in self._answers

    def put(self, key: CacheKey, body: bytes, ttl_s: float, origin: Origin = Origin.REQUEST) -> None:
        """Keep an answer, unless it alone would be larger than the cache."""
        kept = _Kept(body, len(body) + ENTRY_BYTES + len(key.query.text), ttl_s, waits=origin is Origin.PREDICTED)
        if kept.size_bytes <= self._max_bytes:
            self._answers[key] = kept

    def forget(self, selection: Selection) -> int:
        """Forget these answers, which is no eviction, and return how many there were."""
        self._answers.expire()
        going = [key for key in self._answers if selection.matches(key.query.text)]
        for key in going:
            self._answers.pop(key, None)
        return len(going)

    def entries(self) -> int:
        """Return how many answers are kept, those that have grown too old already gone."""
        self._answers.expire()
        return len(self._answers)

    def size_bytes(self) -> int:
        """Return how much memory they take, by the estimate that the bound is kept with."""
        return int(self._answers.currsize)


class _Kept:
    """An answer in the cache; `waits` while it was predicted and nobody has asked for it."""

    __slots__ = ("body", "size_bytes", "ttl_s", "waits")

    def __init__(self, body: bytes, size_bytes: int, ttl_s: float, *, waits: bool) -> None:
        self.body = body
        self.size_bytes = size_bytes
        self.ttl_s = ttl_s
        self.waits = waits


class _CountingCache(TLRUCache[CacheKey, _Kept]):
    """Tells why entries go; cachetools has no hook for it but these methods."""

    def __init__(self, max_bytes: int, timer: Callable[[], float], dropped: Dropped, foreseen: Foreseen) -> None:
        super().__init__(max_bytes, lambda _, kept, now: now + kept.ttl_s, timer, lambda kept: kept.size_bytes)
        self._dropped = dropped
        self._foreseen = foreseen

    def expire(self, time: float | None = None) -> Any:
        expired = list(super().expire(time))
        if expired:
            self._dropped("ttl", len(expired))
            self._in_vain(kept for _, kept in expired)
        return expired

    def popitem(self) -> tuple[CacheKey, _Kept]:
        key, kept = super().popitem()
        self._dropped("size", 1)
        self._in_vain((kept,))
        return key, kept

    def _in_vain(self, gone: Any) -> None:
        for kept in gone:
            if kept.waits:
                self._foreseen(False)
