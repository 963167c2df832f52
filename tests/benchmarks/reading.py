"""Reading: what one load generator said of itself after one run."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """Requests answered per second, latencies in seconds, and the share of the plan that was sent (1 without a plan).

    NaN where a tool does not tell. `lateness_p99_s` is due until handed over; `own_cpu` the busy share of its core.
    """

    rate_per_s: float
    p50_s: float = math.nan
    p99_s: float = math.nan
    sent_share: float = 1.0
    lateness_p99_s: float = math.nan
    own_cpu: float = math.nan
    quantiles_s: tuple[float, ...] = ()
