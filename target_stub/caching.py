"""Caching: the caches of one service put together: levels, events between processes, invalidation."""

from __future__ import annotations

from target_stub.caches import make_tiers
from target_stub.caches.counting import CacheMetrics
from target_stub.caches.invalidation import Invalidation
from target_stub.caches.tiers import Tiers
from target_stub.config import Config
from target_stub.events import Events
from target_stub.metrics import Metrics
from target_stub.search import Search, Sharing


class Caching:
    """What a service caches and how it is told about. Levels exist from the start; connections with `begin`."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self.counting = CacheMetrics(metrics, config.cache, lambda: self.tiers)
        self.tiers: Tiers | None = make_tiers(config, self.counting)
        self.events: Events | None = None
        self.invalidation: Invalidation | None = None
        self._sharing = Sharing(self.tiers, config.single_flight, config.cache_per_user)
        if self.tiers is not None:
            second = self.tiers.second
            if second is not None:
                self.events = Events(second.link.spec, second.link, self._missed)
            self.invalidation = Invalidation(self.tiers, self.events, self.counting.invalidated)

    @property
    def sharing(self) -> Sharing:
        """What searches share."""
        return self._sharing

    def begin(self, search: Search) -> None:
        """Listen to the other processes, and tell them when this search's documents change."""
        if self.tiers is None:
            return
        if self.tiers.second is not None:
            self.tiers.second.look_after()
        if self.events is not None:
            self.events.listen()
        if self.invalidation is not None:
            invalidation = self.invalidation
            search.changed.append(lambda: invalidation.documents_changed(search.collection.version))

    def _missed(self) -> None:
        if self.invalidation is not None:
            self.invalidation.missed()

    async def close(self) -> None:
        """Let the connections go."""
        if self.events is not None:
            await self.events.close()
        if self.tiers is not None:
            await self.tiers.close()
