"""Forecast: where the processors would be full, by the utilisation law, and where the latency bends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import stdtrit

from loadtests.capacity.probe import Probe

LEAST_PROBES = 3
BUSIEST = 0.9  # of the target's cores: beyond this a probe says nothing about the cost of a request any more
SHARE = 0.95  # one-sided, so that low and high make a 90 % interval


@dataclass(frozen=True, slots=True)
class Saturation:
    """The rate at which the target's cores would be full, with its 90 % interval, and CPU seconds per request.

    Utilisation law, U = X S (Denning and Buzen, ACM Computing Surveys 10, 1978): the busy share grows in proportion to
    the throughput, so the slope measured well below the limit tells where it ends. It knows nothing of locks, pools or
    other services: an upper bound, never a promise.
    """

    rate_per_s: float
    low_per_s: float
    high_per_s: float
    cpu_s_per_request: float


def saturation(probes: Sequence[Probe], cores: float) -> Saturation | None:
    """Return the forecast from the sound probes that did not fill the cores; None with too few of them."""
    fit = [its for its in probes if its.sound and _known(its) and its.utilisation < BUSIEST * cores]
    if len({round(its.rate_per_s, 6) for its in fit}) < LEAST_PROBES:
        return None
    x = np.array([its.achieved_per_s for its in fit])
    y = np.array([its.utilisation for its in fit])
    mean_x = x.mean()
    spread = float(((x - mean_x) ** 2).sum())
    slope = float(((x - mean_x) * (y - y.mean())).sum()) / spread if spread else 0.0
    idle = float(y.mean() - slope * mean_x)
    if slope <= 0:
        return None
    residual = y - idle - slope * x
    error = math.sqrt(float((residual**2).sum()) / max(1, len(fit) - 2) / spread)
    half = float(stdtrit(max(1, len(fit) - 2), SHARE)) * error
    at = (cores - idle) / slope
    low = (cores - idle) / (slope + half)
    high = (cores - idle) / (slope - half) if slope > half else math.inf
    return Saturation(at, low, high, slope)


def _known(probe: Probe) -> bool:
    return math.isfinite(probe.utilisation) and math.isfinite(probe.achieved_per_s)


def knee(probes: Sequence[Probe], percentile: str = "95") -> float | None:
    """Return the rate at which the latency bends most: a hint for the eye, never a limit.

    Kneedle (Satopaa et al., ICDCS Workshops 2011): the point furthest below the diagonal of the curve scaled to the
    unit square; here over ln(latency), made monotone first. It depends on the range that was probed.
    """
    found = sorted(
        (its.rate_per_s, math.log((its.percentiles_s or {})[percentile]))
        for its in probes
        if its.sound and 0 < (its.percentiles_s or {}).get(percentile, math.inf) < math.inf
    )
    if len({rate for rate, _ in found}) < LEAST_PROBES + 1:
        return None
    rates = np.array([rate for rate, _ in found])
    levels = isotonic_regression(np.array([level for _, level in found])).x
    if rates[-1] <= rates[0] or levels[-1] <= levels[0]:
        return None
    across = (rates - rates[0]) / (rates[-1] - rates[0])
    up = (levels - levels[0]) / (levels[-1] - levels[0])
    return float(rates[int(np.argmax(across - up))])
