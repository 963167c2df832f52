"""Tiers: the caches one behind the other: this process' memory first, then what processes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from target_stub.answer import nothing_found
from target_stub.cache import Cache, CacheKey, Origin, Selection
from target_stub.caches.shared import SharedCache
from target_stub.redis_link import LinkError


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How many seconds an answer is kept, and one that found nothing: shortly, since that soon changes."""

    ttl_s: float
    negative_ttl_s: float

    def of(self, body: bytes) -> float:
        """Return how long this answer is kept; 0 is not at all."""
        return min(self.ttl_s, self.negative_ttl_s) if nothing_found(body) else self.ttl_s


class Tiers:
    """One or two levels. `get` asks the first, which is at hand; `fetch` the second, which must be waited for."""

    def __init__(self, first: Cache | None, second: SharedCache | None, lifetimes: Lifetimes) -> None:
        self.first = first
        self.second = second
        self.era = 0  # what was begun in an earlier one, before answers were forgotten, must not be kept
        self._lifetimes = lifetimes

    def get(self, key: CacheKey) -> bytes | None:
        """Return what the first level has."""
        return None if self.first is None else self.first.get(key)

    async def fetch(self, key: CacheKey) -> bytes | None:
        """Return what the second level has; the first keeps it for the time it has left."""
        if self.second is None:
            return None
        found = await self.second.get(key)
        if found is None:
            return None
        body, age_s = found
        left_s = self._lifetimes.of(body) - age_s
        if left_s <= 0:
            return None
        if self.first is not None:
            self.first.put(key, body, left_s)
        return body

    def put(self, key: CacheKey, body: bytes, origin: Origin = Origin.REQUEST) -> None:
        """Keep an answer in each level, in the second one soon."""
        ttl_s = self._lifetimes.of(body)
        if ttl_s <= 0:
            return
        if self.first is not None:
            self.first.put(key, body, ttl_s, origin)
        if self.second is not None:
            self.second.put_later(key, body, ttl_s)

    def forget_here(self, selection: Selection) -> int:
        """Forget these answers in the first level, and return how many there were."""
        self.era += 1
        return 0 if self.first is None else self.first.forget(selection)

    async def forget(self, selection: Selection) -> Mapping[str, int | None]:
        """Forget these answers in each level, and return how many there were; None where that level did not answer."""
        gone: dict[str, int | None] = {}
        if self.first is not None:
            gone["l1"] = self.forget_here(selection)
        if self.second is not None:
            self.era += 1
            try:
                await self.second.written()
                gone["l2"] = await self.second.forget(selection)
            except LinkError:
                gone["l2"] = None
        return gone

    async def close(self) -> None:
        """Let connections go."""
        if self.second is not None:
            await self.second.close()
