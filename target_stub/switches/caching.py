"""Caching switches: what is kept, for how long, and what is shared while it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import MEGABYTE, switch


@dataclass(frozen=True)
class CachingSwitches:
    """Finished answers, kept and shared."""

    cache: str = switch(
        "l1",
        "where finished answers are kept: l1 is this process' memory, l2 a server that speaks Redis' protocol",
        known=("off", "l1", "l2", "l1+l2"),
    )
    cache_ttl_s: float = switch(300.0, "how long an answer stays in the cache", low=0.001, high=86_400)
    cache_negative_ttl_s: float = switch(
        5.0, "how long an answer that found nothing stays; 0 keeps none", low=0, high=86_400
    )
    cache_max_bytes: int = switch(
        64 * MEGABYTE, "size of the l1 cache; the least recently used go first", low=10_000, high=64_000 * MEGABYTE
    )
    cache_per_user: bool = switch(False, "keep answers for each user apart, where they depend on who asks")
    cache_compress_from_bytes: int = switch(
        1000, "answers of at least this size are compressed in l2; 0 compresses none", low=0, high=1000 * MEGABYTE
    )
    redis_url: str = switch(
        "redis://127.0.0.1:6379/0", "the server of the l2 cache: Redis, Valkey or Dragonfly", secret=True
    )
    redis_timeout_ms: float = switch(100.0, "how long that server may take for a reply", low=1, high=60_000)
    redis_connections: int = switch(16, "connections to that server", low=1, high=1000)
    single_flight: bool = switch(True, "equal searches in flight share one computation")
    cache_warm: str = switch(
        "off", "queries answered before the service is ready: off, recorded (the most frequent so far), or a text file"
    )
    cache_warm_count: int = switch(200, "how many of them", low=1, high=100_000)
    cache_predict: bool = switch(False, "compute what usually follows a query before it is asked for")
