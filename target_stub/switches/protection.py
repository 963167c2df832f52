"""Protection switches: what one user may take, and how much is done at one time. All of it is off by default."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class ProtectionSwitches:
    """Limits of users, and of the whole."""

    rate_limit_per_s: float = switch(0.0, "requests a second that a user may make; 0: no limit", low=0, high=1e6)
    rate_limit_burst: int = switch(20, "requests that a user may make at once, having made none", low=1, high=1_000_000)
    daily_quota: int = switch(0, "requests a day (UTC) that a user may make; 0: no limit", low=0, high=10**12)
    limited_users: int = switch(
        10_000, "users remembered for limits; who was not seen longest is forgotten first", low=1, high=10_000_000
    )
    rate_limit_shared: bool = switch(False, "count rates and quotas in the server of redis_url, for all workers")
    concurrency: str = switch(
        "off",
        "how many requests are worked on at once: all, a fixed number, or as many as latency allows",
        known=("off", "fixed", "adaptive"),
    )
    concurrency_max: int = switch(64, "requests worked on at once, at most", low=1, high=100_000)
    concurrency_target_ms: float = switch(
        100.0, "latency beyond which an adaptive limit goes down", low=0.1, high=60_000
    )
    queue_max: int = switch(1000, "requests that may wait; beyond, the noisiest user's are shed", low=0, high=10**6)
    queue_timeout_ms: float = switch(1000.0, "how long a request may wait for its turn", low=1, high=600_000)
    favoured_users: str = switch("", "users, with commas between, whose requests weigh four times as much in the queue")
