"""Histogram: mergeable exponential buckets for durations, with quantiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

BUCKETS_PER_DOUBLING = 64  # OpenTelemetry scale 6
GROWTH = 2.0 ** (1 / BUCKETS_PER_DOUBLING)  # relative error of a bucket's middle: (g-1)/(g+1) = 0.54 %
SMALLEST_S = 1e-9  # zero and below are counted here: a clock cannot tell them apart

_LOG2_SCALE = BUCKETS_PER_DOUBLING / math.log(2)


def bucket_of(value_s: float) -> int:
    """Return the bucket that holds a value in seconds: bucket b covers `GROWTH**b` up to `GROWTH**(b+1)`."""
    return math.floor(math.log(value_s if value_s > SMALLEST_S else SMALLEST_S) * _LOG2_SCALE)


class Histogram:
    """Counts of durations in seconds, with their exact sum, smallest and largest value."""

    __slots__ = ("counts", "largest_s", "smallest_s", "sum_s", "total")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.sum_s = 0.0
        self.smallest_s = math.inf
        self.largest_s = 0.0

    def add(self, value_s: float) -> None:
        """Count one duration."""
        bucket = bucket_of(value_s)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += 1
        self.sum_s += value_s
        self.smallest_s = min(self.smallest_s, value_s)
        self.largest_s = max(self.largest_s, value_s)

    def merge(self, other: Histogram) -> None:
        """Count all of another histogram's durations here as well."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self.sum_s += other.sum_s
        self.smallest_s = min(self.smallest_s, other.smallest_s)
        self.largest_s = max(self.largest_s, other.largest_s)

    @property
    def mean_s(self) -> float:
        """Mean in seconds; NaN when empty."""
        return self.sum_s / self.total if self.total else math.nan

    def quantile(self, share: float, *, infinite: int = 0) -> float:
        """Return the quantile in seconds, with `infinite` further samples that lie beyond every bucket.

        The rank is `share * n`; inside a bucket the value is interpolated on the logarithmic scale and never leaves
        the range that was measured.

        Returns:
            NaN when there are no samples, infinity when the rank falls among the infinite ones.
        """
        rank = share * (self.total + infinite)
        if self.total + infinite == 0:
            return math.nan
        if rank > self.total or not self.total:
            return math.inf
        below = 0
        for bucket in sorted(self.counts):
            count = self.counts[bucket]
            if below + count >= rank:
                position = bucket + (rank - below) / count
                return min(max(math.pow(GROWTH, position), self.smallest_s), self.largest_s)
            below += count
        return self.largest_s

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal histogram."""
        return {
            "sum": round(self.sum_s, 9),
            "min": self.smallest_s if self.total else None,
            "max": self.largest_s,
            "buckets": sorted(self.counts.items()),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Histogram:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a histogram.
        """
        histogram = cls()
        histogram.counts = {int(bucket): int(count) for bucket, count in data["buckets"]}
        histogram.total = sum(histogram.counts.values())
        histogram.sum_s = float(data["sum"])
        histogram.smallest_s = math.inf if data["min"] is None else float(data["min"])
        histogram.largest_s = float(data["max"])
        return histogram


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return one histogram of everything counted in the given ones."""
    total = Histogram()
    for histogram in histograms:
        total.merge(histogram)
    return total
