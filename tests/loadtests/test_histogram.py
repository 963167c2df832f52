"""Exponential histograms: quantiles against numpy, merging, the way to JSON and back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadtests.histogram import GROWTH, Histogram, bucket_of, merged

RELATIVE_ERROR = 0.0055  # (g-1)/(g+1) of OpenTelemetry scale 6


def filled(values):
    histogram = Histogram()
    for value in values:
        histogram.add(float(value))
    return histogram


def latencies(seed=1, count=20_000):
    return np.random.default_rng(seed).lognormal(math.log(0.02), 0.8, count)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.95, 0.99, 0.999])
def test_quantiles_agree_with_numpy_within_the_bucket_error(share):
    """A quantile lies within 0.55 % of the exact one."""
    values = latencies()
    exact = np.quantile(values, share, method="inverted_cdf")
    assert filled(values).quantile(share) == pytest.approx(exact, rel=2 * RELATIVE_ERROR)


@pytest.mark.parametrize("value", [1e-6, 0.00123, 0.02, 1.0, 59.9, 3600.0])
def test_the_middle_of_a_bucket_is_within_the_stated_error(value):
    """Scale 6 means a relative error of at most 0.55 %, over the whole range."""
    low = GROWTH ** bucket_of(value)
    high = low * GROWTH
    assert low <= value * (1 + 1e-12)
    assert value < high * (1 + 1e-12)
    middle = 2 * low * high / (low + high)
    assert abs(middle - value) / value <= RELATIVE_ERROR


def test_merging_equals_counting_together():
    """Histograms of parts add up to the histogram of the whole."""
    values = latencies()
    parts = merged(filled(part) for part in np.array_split(values, 7))
    whole = filled(values)
    assert parts.counts == whole.counts
    assert parts.total == whole.total == 20_000
    assert parts.sum_s == pytest.approx(values.sum())
    assert (parts.smallest_s, parts.largest_s) == (values.min(), values.max())


def test_json_and_back_is_the_same_histogram():
    """What is written to disk is read back equal, the empty one too."""
    for histogram in (filled(latencies(count=500)), Histogram()):
        back = Histogram.from_json(histogram.to_json())
        assert back.counts == histogram.counts
        assert back.sum_s == pytest.approx(histogram.sum_s)
        assert (back.total, back.smallest_s, back.largest_s) == (
            histogram.total,
            histogram.smallest_s,
            histogram.largest_s,
        )


def test_quantiles_of_failures_are_infinite():
    """With 10 of 100 failed, p90 is still finite and p91 is not: failures count as infinitely slow."""
    histogram = filled([0.01] * 90)
    assert histogram.quantile(0.90, infinite=10) == pytest.approx(0.01)
    assert histogram.quantile(0.91, infinite=10) == math.inf
    assert Histogram().quantile(0.5, infinite=3) == math.inf


def test_nothing_measured_is_not_a_number():
    """An empty histogram has no quantile and no mean; zero would look like a very fast service."""
    assert math.isnan(Histogram().quantile(0.95))
    assert math.isnan(Histogram().mean_s)


def test_a_quantile_never_leaves_what_was_measured():
    """One value is its own every quantile, exactly."""
    histogram = filled([0.0123])
    assert [histogram.quantile(share) for share in (0.0, 0.5, 1.0)] == [0.0123] * 3


def test_zero_and_negative_durations_are_counted_not_lost():
    """Clocks may stand still; such a sample is counted as the smallest one."""
    assert filled([0.0, -1e-9, 0.5]).total == 3
