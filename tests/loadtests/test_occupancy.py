"""Requests under way, integrated over time."""

from __future__ import annotations

import pytest

from loadtests.occupancy import Occupancy


def test_the_mean_is_weighted_by_time():
    """Two requests for half a second are one on average over a second."""
    occupancy = Occupancy(0.0)
    occupancy.ended(0.5 + 0.5)
    assert occupancy.drain(1.0, under_way_s=0.0) == pytest.approx(1.0)


def test_a_request_that_spans_two_seconds_counts_in_both():
    """Sent at 0.5 and ended at 1.75: half a request in the first second, three quarters in the next."""
    occupancy = Occupancy(0.0)
    assert occupancy.drain(1.0, under_way_s=0.5) == pytest.approx(0.5)
    occupancy.ended(1.25)
    assert occupancy.drain(2.0, under_way_s=0.0) == pytest.approx(0.75)


def test_littles_law_holds():
    """L = lambda W: ten requests of 0.3 s in two seconds are 1.5 under way on average."""
    occupancy = Occupancy(0.0)
    for _ in range(10):
        occupancy.ended(0.3)
    assert occupancy.drain(2.0, under_way_s=0.0) == pytest.approx(10 * 0.3 / 2.0)
