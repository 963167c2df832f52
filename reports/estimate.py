"""Estimate: a number with its interval, and the few intervals that are used here. Pure arithmetic."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from scipy.special import betaincinv, stdtrit

CONFIDENCE = 0.95
"""Of every interval; two-sided unless an end cannot be passed (no failure at all: one-sided, "at most")."""

_TWO_SIDED = 1 - (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number in base units with its 95 % interval, the samples it rests on, and how the interval came about.

    `low` and `high` are both None when no interval can be given; `method` then says why. `value` may be infinite
    (no answer) and is NaN when nothing was measured.
    """

    value: float
    low: float | None
    high: float | None
    samples: int
    method: str = ""

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends or none")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"an interval runs from its low end to its high end, got {self.low:g} to {self.high:g}")

    @property
    def measured(self) -> bool:
        """Whether there is a number at all."""
        return not math.isnan(self.value)


def t_quantile(degrees: float, share: float = _TWO_SIDED) -> float:
    """Return the quantile of Student's t distribution, 97.5 % unless told otherwise."""
    return float(stdtrit(degrees, share))


def without_interval(value: float, samples: int, why: str) -> Estimate:
    """Return a bare number, said to be bare."""
    return Estimate(value, None, None, samples, why)


def over_trials(pooled: float, values: Sequence[float], samples: int, *, logarithmic: bool) -> Estimate:
    """Return the pooled value with Student's t interval from the spread of the trials' own values.

    On the logarithmic scale (durations, rates, sizes: noise multiplies) the interval is `pooled * exp(±h)`, on the
    plain scale `pooled ± h`, with `h = t(n-1) s / sqrt(n)` of the trials' values.
    """
    if len(values) < 2:
        return without_interval(pooled, samples, "no interval: one trial says nothing about the next")
    if not all(math.isfinite(value) for value in (pooled, *values)):
        return without_interval(pooled, samples, "no interval: not every trial has a finite value")
    if logarithmic and min(pooled, *values) <= 0:
        return without_interval(pooled, samples, "no interval: a value of zero has no logarithm")
    scaled = [math.log(value) for value in values] if logarithmic else list(values)
    half = t_quantile(len(values) - 1) * math.sqrt(variance(scaled) / len(values))
    low, high = (pooled * math.exp(-half), pooled * math.exp(half)) if logarithmic else (pooled - half, pooled + half)
    return Estimate(pooled, low, high, samples, f"t over {len(values)} trials" + (", logarithmic" * logarithmic))


def share(part: int, whole: int, *, design_effect: float = 1.0) -> Estimate:
    """Return a share with the exact interval of Clopper and Pearson (Biometrika 26, 1934).

    With no case at all, or nothing but cases, the interval is one-sided: "0 %, at most 3/n" is the rule of three.
    `design_effect` is by how much failures that come in bursts make n requests worth fewer.

    Returns:
        NaN without an interval when `whole` is 0.
    """
    if whole == 0:
        return without_interval(math.nan, 0, "no requests")
    part_worth, whole_worth = part / design_effect, whole / design_effect
    tail = 1 - CONFIDENCE if part in (0, whole) else (1 - CONFIDENCE) / 2
    low = float(betaincinv(part_worth, whole_worth - part_worth + 1, tail)) if part else 0.0
    high = float(betaincinv(part_worth + 1, whole_worth - part_worth, 1 - tail)) if part < whole else 1.0
    bursts = f", design effect {design_effect:.2g}" if design_effect > 1 else ""
    return Estimate(part / whole, low, high, whole, f"Clopper-Pearson{bursts}")


def design_effect(blocks: Sequence[tuple[int, int]]) -> float:
    """Return how much more the share varies between blocks of (cases, requests) than independent requests would.

    It is the variance of the ratio estimator over its binomial variance (Cochran, Sampling Techniques, 1977, 6.3 and
    3.5), never below 1; 1 when there are no cases or fewer than two blocks.
    """
    used = [(cases, total) for cases, total in blocks if total]
    cases, total = sum(c for c, _ in used), sum(n for _, n in used)
    if len(used) < 2 or cases in (0, total):
        return 1.0
    mean = cases / total
    between = sum((c - mean * n) ** 2 for c, n in used) * len(used) / (len(used) - 1)
    return max(1.0, between / (total * mean * (1 - mean)))


def clustered_mean(values: Sequence[float], clusters: Sequence[Hashable]) -> Estimate:
    """Return the mean of scores between 0 and 1; answers to the same query count as one fact, not as many.

    The standard error is the cluster-robust one of a mean (Liang and Zeger, Biometrika 73, 1986), the t quantile has
    clusters - 1 degrees of freedom. Where all scores are 0, or all are 1, there is no spread to learn from: the end is
    then bounded as for a share of which every one of the clusters was a case.
    """
    if not values:
        return without_interval(math.nan, 0, "no judged answers")
    mean = sum(values) / len(values)
    sums: dict[Hashable, float] = defaultdict(float)
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] += value - mean
    groups = len(sums)
    if len(set(values)) == 1 and mean in (0.0, 1.0):
        bound = share(groups if mean else 0, groups)
        return Estimate(mean, bound.low, bound.high, len(values), f"Clopper-Pearson over {groups} queries")
    if groups < 2:
        return without_interval(mean, len(values), "no interval: all answers are to one query")
    error = math.sqrt(sum(its**2 for its in sums.values()) * groups / (groups - 1)) / len(values)
    half = t_quantile(groups - 1) * error
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), len(values), f"t over {groups} queries")


def variance(values: Sequence[float]) -> float:
    """Return the sample variance (n - 1 in the denominator); 0 for a single value."""
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
