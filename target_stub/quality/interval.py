"""Interval: the mean of something over queries, with the range that other queries might have given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]  # shape (queries,)
Ranks = npt.NDArray[np.int64]  # shape (queries,): 1 is first, 0 means not among those that were looked at

RESAMPLES = 2000  # the ends of a 95 % interval then wander by less than a tenth of its width
SHARES = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the 95 % interval around it."""

    value: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0


def reciprocal_ranks(ranks: Ranks, depth: int = 10) -> Values:
    """Return 1/rank per query, 0 where the document is not among the first `depth`; their mean is MRR@depth."""
    found = (ranks >= 1) & (ranks <= depth)
    return np.divide(1.0, ranks, out=np.zeros(len(ranks)), where=found)


def hits(ranks: Ranks, depth: int = 10) -> Values:
    """Return 1 per query whose document is among the first `depth`, else 0; their mean is recall@depth."""
    return ((ranks >= 1) & (ranks <= depth)).astype(np.float64)


def bootstrap(values: Values, seed: int = 1) -> Interval:
    """Return the mean with the percentile interval of Efron & Tibshirani 1993, chapter 13, over resampled queries.

    Of differences query by query it is the paired interval.

    Raises:
        ValueError: when there are no values.
    """
    if not len(values):
        raise ValueError("no values, no mean")
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, SHARES)
    return Interval(float(values.mean()), float(low), float(high))
