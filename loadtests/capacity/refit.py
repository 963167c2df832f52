"""Refit: the capacity from the margins near it, by a robust straight line through ln(rate) and margin."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loadtests.capacity.probe import Probe

SPAN = 0.15  # probes within 15 % of the posterior's median: further away the curve is no line
LEAST_PROBES = 5
LEAST_SLOPE = 1.0  # near its limit a latency rises faster than the rate; a flatter line is noise
HUBER = 1.5
ROUNDS = 15

Floats = npt.NDArray[np.float64]


def root(probes: Sequence[Probe], median_per_s: float, run_sd: float) -> float | None:
    """Return the rate at which the line crosses a margin of zero, or None when there is no such line.

    Huber's M-estimator by iteratively reweighted least squares (Huber, Ann. Math. Stat. 35, 1964), weighted by the
    probes' own errors. It never leaves the span.
    """
    centre = math.log(median_per_s)
    near = [its for its in probes if its.sound and abs(math.log(its.rate_per_s) - centre) < SPAN]
    if len(near) < LEAST_PROBES:
        return None
    x = np.array([math.log(its.rate_per_s) - centre for its in near])
    y = np.array([its.margin for its in near])
    error = np.array([math.hypot(its.error, run_sd) for its in near])
    level, slope = _line(x, y, error)
    if slope < LEAST_SLOPE:
        return None
    return median_per_s * math.exp(min(max(-level / slope, -SPAN), SPAN))


def _line(x: Floats, y: Floats, error: Floats) -> tuple[float, float]:
    weight = 1 / error**2
    level = slope = 0.0
    for _ in range(ROUNDS):
        total = weight.sum()
        mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
        spread = max(float((weight * (x - mean_x) ** 2).sum()), 1e-12)
        slope = float((weight * (x - mean_x) * (y - mean_y)).sum()) / spread
        level = float(mean_y - slope * mean_x)
        residual = np.abs(y - level - slope * x) / error
        weight = np.where(residual < HUBER, 1.0, HUBER / np.maximum(residual, 1e-9)) / error**2
    return level, slope
