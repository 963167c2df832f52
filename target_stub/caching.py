"""Caching: the caches of one service put together: levels, events between processes, invalidation."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from target_stub.artifacts import cache_folder, key_of
from target_stub.caches import make_tiers
from target_stub.caches.counting import CacheMetrics
from target_stub.caches.invalidation import Invalidation
from target_stub.caches.tiers import Tiers
from target_stub.caches.warming import Warming
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.events import Events
from target_stub.metrics import Metrics
from target_stub.search import Search, Sharing

RECORDED = "recorded"


class Caching:
    """What a service caches and how it is told about. Levels exist from the start; connections with `begin`.

    `before` befalls each call to the second level: a fault that was asked for.
    """

    def __init__(self, config: Config, metrics: Metrics, before: Callable[[], Awaitable[None]] | None = None) -> None:
        self.counting = CacheMetrics(metrics, config.cache, lambda: self.tiers)
        self.tiers: Tiers | None = make_tiers(config, self.counting, before)
        self.events: Events | None = None
        self.invalidation: Invalidation | None = None
        self.warming = self._make_warming(config)
        self._begun = False
        self._sharing = Sharing(self.tiers, config.single_flight, config.cache_per_user)
        if self.tiers is not None:
            second = self.tiers.second
            if second is not None:
                self.events = Events(second.link.spec, second.link, self._missed)
            self.invalidation = Invalidation(self.tiers, self.events, self.counting.invalidated)

    def _make_warming(self, config: Config) -> Warming | None:
        """Return what computes answers ahead, or None where that is off, or would be one user's for all."""
        if self.tiers is None or config.cache_per_user or (config.cache_warm == "off" and not config.cache_predict):
            return None
        record = config.cache_warm == RECORDED
        file = None if config.cache_warm == "off" else Path(config.cache_warm)
        if record:
            place = key_of({"corpus": config.corpus, "profile": config.profile})
            file = cache_folder(os.environ) / "frequent" / f"{place}.json"
        elif file is not None and not file.is_file():
            raise ConfigError(
                f"there is no file {config.cache_warm!r} with queries to warm the cache with",
                hint=f"give off, {RECORDED}, or a text file with a query on each line",
            )
        return Warming(
            self.counting.warmed,
            record=record,
            predict=config.cache_predict,
            file=file,
            count=config.cache_warm_count,
        )

    @property
    def sharing(self) -> Sharing:
        """What searches share."""
        return self._sharing

    async def begin(self, search: Search) -> None:
        """Warm up, listen to the other processes, and tell them when this search's documents change."""
        if self.tiers is None:
            return
        if self.warming is not None:
            await self.warming.warm(search)
        if not self._begun:  # a search that takes another's place finds it begun
            self._begun = True
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
        if self.warming is not None:
            await self.warming.close()
        if self.events is not None:
            await self.events.close()
        if self.tiers is not None:
            await self.tiers.close()
