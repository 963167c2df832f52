"""Caching switches: what is kept, for how long, and what is shared while it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import MEGABYTE, switch


@dataclass(frozen=True)
class CachingSwitches:
    """Finished answers, kept and shared."""

    cache: str = switch("l1", "where finished answers are kept; l1 is in memory", known=("off", "l1"))
    cache_ttl_s: float = switch(300.0, "how long an answer stays in the cache", low=0.001, high=86_400)
    cache_max_bytes: int = switch(
        64 * MEGABYTE, "size of the cache; the least recently used go first", low=10_000, high=64_000 * MEGABYTE
    )
    single_flight: bool = switch(True, "equal searches in flight share one computation")
