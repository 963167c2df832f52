"""The known caches: which levels the switch names, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from target_stub.caches.counting import LEVELS, CacheMetrics
from target_stub.caches.entry import EntryCodec
from target_stub.caches.memory import MemoryCache
from target_stub.caches.shared import SharedCache
from target_stub.caches.tiers import Lifetimes, Tiers
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.redis_link import LinkSpec, RedisLink


def make_tiers(
    config: Config, counting: CacheMetrics, before: Callable[[], Awaitable[None]] | None = None
) -> Tiers | None:
    """Return the levels that the config names, or None where answers are not kept; `before` befalls each call of l2.

    Raises:
        ConfigError: when there is no such cache, or its server's address cannot be one.
    """
    levels = LEVELS.get(config.cache)
    if levels is None:
        raise ConfigError(f"there is no cache {config.cache!r}", hint=f"known: {', '.join(LEVELS)}")
    if not levels:
        return None
    first = MemoryCache(config.cache_max_bytes, counting.dropped, counting.foreseen) if "l1" in levels else None
    second = None
    if "l2" in levels:
        spec = LinkSpec(config.redis_url, config.redis_timeout_ms / 1e3, config.redis_connections)
        link = RedisLink(spec, counting.trouble, before=before)
        second = SharedCache(link, EntryCodec(config.cache_compress_from_bytes), counting.shared)
    return Tiers(first, second, Lifetimes(config.cache_ttl_s, config.cache_negative_ttl_s))
