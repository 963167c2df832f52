"""Forecasts: the utilisation law and the knee, against lines and curves written out."""

from __future__ import annotations

import math
from random import Random

import pytest

from loadtests.capacity.forecast import knee, saturation
from loadtests.capacity.probe import Probe


def probe(rate, busy=math.nan, p95=0.01, fault=""):
    return Probe(rate, -1.0, 0.05, achieved_per_s=rate, utilisation=busy, percentiles_s={"95": p95}, fault=fault)


def test_the_law_finds_the_end_of_a_straight_line():
    """4 ms of CPU a request and 5 % idle work fill two cores at (2 - 0.05) / 0.004."""
    found = saturation([probe(rate, 0.05 + 0.004 * rate) for rate in (50, 100, 200, 300)], 2)
    assert found is not None
    assert found.rate_per_s == pytest.approx(487.5)
    assert found.cpu_s_per_request == pytest.approx(0.004)
    assert found.low_per_s == pytest.approx(found.high_per_s)


def test_its_interval_holds_the_truth_when_the_readings_are_noisy():
    """90 % of a hundred noisy lines, give or take what a hundred can tell (binomial: 83 or more with 99 %)."""
    rng = Random(7)
    held = 0
    for _ in range(100):
        noisy = [probe(rate, 0.05 + 0.004 * rate + rng.gauss(0, 0.02)) for rate in (50, 100, 150, 200, 250, 300)]
        found = saturation(noisy, 2)
        held += found is not None and found.low_per_s <= 487.5 <= found.high_per_s
    assert held >= 83


def test_probes_that_filled_the_cores_or_were_spoilt_say_nothing():
    """A full processor is a flat line; without three useful rates there is no forecast."""
    full = [probe(rate, 1.99) for rate in (600, 700, 800)]
    assert saturation([probe(50, 0.25), probe(100, 0.45), *full], 2) is None
    assert saturation([probe(rate, 0.1, fault="late") for rate in (50, 100, 150, 200)], 2) is None
    assert saturation([probe(rate) for rate in (50, 100, 150, 200)], 2) is None


def test_the_knee_is_where_a_queue_begins_to_grow():
    """1 / (1 - load), flat and then steep: the bend lies between 60 % and 90 %."""
    found = knee([probe(rate, p95=0.01 / (1 - rate / 100)) for rate in range(5, 100, 5)])
    assert found is not None
    assert 60 <= found <= 90


def test_a_flat_or_short_curve_has_no_knee():
    """Nothing bends where nothing rises."""
    assert knee([probe(rate, p95=0.01) for rate in range(10, 100, 10)]) is None
    assert knee([probe(10), probe(20, p95=0.1)]) is None
    assert knee([probe(rate, p95=math.inf) for rate in range(10, 100, 10)]) is None
