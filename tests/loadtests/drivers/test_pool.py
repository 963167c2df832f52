"""Lanes in turn, and what is told about how crowded it was."""

from __future__ import annotations

import pytest

from loadtests.drivers.pool import Crowding, Pool


class Idle:
    """A lane that does nothing."""

    arrival = None


def pool_of(count):
    pool = Pool()
    lanes = [Idle() for _ in range(count)]
    for lane in lanes:
        pool.add(lane)
    pool.drain(0.0)
    return pool, lanes


def test_lanes_are_used_in_turn():
    """Every connection gets its share, as behind a load balancer it must."""
    pool, lanes = pool_of(3)
    taken = []
    for _ in range(6):
        taken.append(pool.take(1.0))
        pool.put_back(taken[-1], 1.0)
    assert taken == lanes * 2


def test_peaks_and_the_time_without_a_free_lane_are_told():
    """That time is what tells a slow target from an idle one."""
    pool, _ = pool_of(2)
    first, second = pool.take(0.1), pool.take(0.2)
    pool.wait("a")
    pool.waiting.popleft()
    pool.put_back(second, 0.9)
    assert pool.busy == 1
    assert pool.drain(1.0) == Crowding(2, 1, pytest.approx(0.7))
    pool.put_back(first, 1.5)
    assert pool.drain(2.0) == Crowding(1, 0, 0.0)


def test_a_pool_that_stays_full_counts_in_each_second():
    """The time is shared out to the seconds it fell in."""
    pool, _ = pool_of(1)
    lane = pool.take(0.5)
    assert pool.drain(1.0).full_s == pytest.approx(0.5)
    pool.put_back(lane, 1.25)
    assert pool.drain(2.0).full_s == pytest.approx(0.25)


def test_a_pool_without_lanes_is_not_timed_as_full():
    """Before the first user exists there is nothing to be full."""
    pool = Pool()
    assert pool.drain(5.0) == Crowding(0, 0, 0.0)
    with pytest.raises(IndexError):
        pool.take(5.0)
