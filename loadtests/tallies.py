"""Tallies: many histograms under construction as the rows of one array, counted a thousand durations at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from loadtests.histogram import BUCKETS_PER_DOUBLING, SMALLEST_S, Histogram, bucket_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_S = 1e6  # eleven days; longer ones are counted here
_LOWEST = bucket_of(SMALLEST_S)
_WIDTH = bucket_of(LARGEST_S) - _LOWEST + 1
_LOG_SCALE = BUCKETS_PER_DOUBLING / math.log(2)


class Tallies:
    """Histograms by row number; rows come into being when they are first counted into."""

    def __init__(self) -> None:
        self._rows = 0
        self._counts = np.zeros((0, _WIDTH), np.int64)
        self._sums = np.zeros(0)
        self._smallest = np.full(0, math.inf)
        self._largest = np.zeros(0)
        self._grow(1)

    def add(self, rows: Ints, values_s: Floats) -> None:
        """Count durations in seconds, each in the row of the same position."""
        if not len(rows):
            return
        if (highest := int(rows.max())) >= self._rows:
            self._grow(highest + 1)
        inside = np.clip(values_s, SMALLEST_S, LARGEST_S)
        buckets = np.floor(np.log(inside) * _LOG_SCALE).astype(np.int64) - _LOWEST
        np.add.at(self._counts.reshape(-1), rows * _WIDTH + buckets, np.ones(len(rows), np.int64))
        np.add.at(self._sums, rows, values_s)
        np.minimum.at(self._smallest, rows, values_s)
        np.maximum.at(self._largest, rows, values_s)

    def take(self, row: int) -> Histogram:
        """Return a row as a histogram of its own, and empty the row."""
        histogram = Histogram()
        if row >= self._rows or math.isinf(self._smallest[row]):
            return histogram
        (filled,) = self._counts[row].nonzero()
        counts = self._counts[row, filled]
        histogram.counts = dict(zip((filled + _LOWEST).tolist(), counts.tolist(), strict=True))
        histogram.total = int(counts.sum())
        histogram.sum_s = float(self._sums[row])
        histogram.smallest_s, histogram.largest_s = float(self._smallest[row]), float(self._largest[row])
        self._counts[row] = 0
        self._sums[row], self._smallest[row], self._largest[row] = 0.0, math.inf, 0.0
        return histogram

    def _grow(self, rows: int) -> None:
        """Make room for at least that many rows; room doubles, so that growing is rare."""
        wanted, had = max(rows, 2 * self._rows), self._rows
        more = wanted - had
        self._counts = np.concatenate((self._counts, np.zeros((more, _WIDTH), np.int64)))
        self._sums = np.concatenate((self._sums, np.zeros(more)))
        self._smallest = np.concatenate((self._smallest, np.full(more, math.inf)))
        self._largest = np.concatenate((self._largest, np.zeros(more)))
        self._rows = wanted
