"""The first-level cache: answers in this process' memory, for a time, the least recently used going first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cachetools import TTLCache

from target_stub.cache import CacheKey

ENTRY_BYTES = 500  # key, links and dictionary slots of an entry besides its body (480 measured, CPython 3.11)

Evicted = Callable[[str, int], None]
"""Called with a reason (`ttl` or `size`) and how many answers went for it."""


class MemoryCache:
    """At most `max_bytes` of answers, none older than `ttl_s` seconds."""

    def __init__(
        self, max_bytes: int, ttl_s: float, evicted: Evicted, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_bytes = max_bytes
        self._answers = _CountingCache(max_bytes, ttl_s, timer, evicted)

    def get(self, key: CacheKey) -> bytes | None:
        """Return the answer, or None when it is not there or has grown too old."""
        try:
            return self._answers[key]
        except KeyError:
            return None

    def put(self, key: CacheKey, body: bytes) -> None:
        """Keep an answer, unless it alone would be larger than the cache."""
        if _entry_bytes(body) <= self._max_bytes:
            self._answers[key] = body

    def clear(self) -> None:
        """Forget everything; that is no eviction."""
        self._answers.forget()

    def entries(self) -> int:
        """Return how many answers are kept, those that have grown too old already gone."""
        self._answers.expire()
        return len(self._answers)


def _entry_bytes(body: bytes) -> int:
    return len(body) + ENTRY_BYTES


class _CountingCache(TTLCache[CacheKey, bytes]):
    """Tells why entries go; cachetools has no hook for it but these two methods."""

    def __init__(self, max_bytes: int, ttl_s: float, timer: Callable[[], float], evicted: Evicted) -> None:
        super().__init__(max_bytes, ttl_s, timer, _entry_bytes)
        self._evicted = evicted

    def expire(self, time: float | None = None) -> Any:
        expired = list(super().expire(time))
        if expired:
            self._evicted("ttl", len(expired))
        return expired

    def popitem(self) -> tuple[CacheKey, bytes]:
        item = super().popitem()
        self._evicted("size", 1)
        return item

    def forget(self) -> None:
        for key in list(self):
            self.pop(key, None)
