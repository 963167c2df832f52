"""The known caches."""

from __future__ import annotations

from target_stub.cache import Cache
from target_stub.caches.memory import Evicted, MemoryCache
from target_stub.config import Config
from target_stub.errors import ConfigError


def make_cache(config: Config, evicted: Evicted) -> Cache | None:
    """Return the cache that the config names, or None where answers are not kept.

    Raises:
        ConfigError: when there is no such cache.
    """
    match config.cache:
        case "off":
            return None
        case "l1":
            return MemoryCache(config.cache_max_bytes, config.cache_ttl_s, evicted)
        case other:
            raise ConfigError(f"there is no cache {other!r}", hint="known: off, l1")
