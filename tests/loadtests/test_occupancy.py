"""Requests under way, integrated over time."""

from __future__ import annotations

import pytest

from loadtests.occupancy import Occupancy


def test_the_mean_is_weighted_by_time():
    """Two requests for half a second and one for the other half are 1.5 on average."""
    occupancy = Occupancy(places=4, now_s=0.0)
    occupancy.enter(0.0)
    occupancy.enter(0.0)
    occupancy.leave(0.5)
    occupied = occupancy.drain(1.0)
    assert (occupied.mean, occupied.peak, occupied.full_s) == (pytest.approx(1.5), 2, 0.0)


def test_a_full_pool_is_timed():
    """The time without a free place is what tells a slow target from an idle one."""
    occupancy = Occupancy(places=1, now_s=0.0)
    occupancy.enter(0.2)
    occupancy.leave(0.9)
    assert occupancy.drain(1.0).full_s == pytest.approx(0.7)


def test_each_drain_begins_anew_with_what_is_under_way():
    """A request that spans two seconds counts in both."""
    occupancy = Occupancy(places=8, now_s=0.0)
    occupancy.enter(0.5)
    assert occupancy.drain(1.0).mean == pytest.approx(0.5)
    second = occupancy.drain(2.0)
    assert (second.mean, second.peak) == (pytest.approx(1.0), 1)


def test_littles_law_holds():
    """L = lambda W: ten requests of 0.3 s in two seconds are 1.5 under way on average."""
    occupancy = Occupancy(places=99, now_s=0.0)
    moments = sorted([(0.17 * n, 1) for n in range(10)] + [(0.17 * n + 0.3, -1) for n in range(10)])
    for now_s, change in moments:
        (occupancy.enter if change > 0 else occupancy.leave)(now_s)
    assert occupancy.drain(2.0).mean == pytest.approx(10 * 0.3 / 2.0)
