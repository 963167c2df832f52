"""Posterior: what the probes say about where the capacity lies, on a grid of ln(rate).

Generalised probabilistic bisection (Waeber, Frazier and Henderson, SIAM J. Control Optim. 51, 2013; Rodriguez and
Ludkovski, 2015, for accuracies that depend on the place): each probe shifts weight to its side of the grid by the
probability that its verdict is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from loadtests.capacity.probe import Probe

POINTS = 3000
TRUST = 0.93
"""The most a single probe is believed: it may have been disturbed, and a wrong one must be undone by a few others."""


class Posterior:
    """Weights over a grid of ln(rate), from a uniform prior between two rates per second."""

    def __init__(self, lowest_per_s: float, highest_per_s: float, run_sd: float) -> None:
        self._grid = np.linspace(math.log(lowest_per_s), math.log(highest_per_s), POINTS)
        self._run_sd = run_sd
        self._weights: npt.NDArray[np.float64] = np.zeros(POINTS)  # logarithms

    def take(self, probes: Sequence[Probe]) -> None:
        """Learn from sound probes."""
        for probe in probes:
            certainty = float(ndtr(abs(probe.margin) / math.hypot(probe.error, self._run_sd)))
            right = min(max(certainty, 0.5), TRUST)
            above = self._grid > math.log(probe.rate_per_s)
            self._weights += np.where(above == (probe.margin <= 0), math.log(right), math.log(1 - right))
        self._weights -= self._weights.max()

    def quantile(self, share: float) -> float:
        """Return the rate below which the capacity lies with that probability."""
        total = np.cumsum(np.exp(self._weights))
        place = int(np.searchsorted(total, share * total[-1]))
        return math.exp(self._grid[min(place, POINTS - 1)])
