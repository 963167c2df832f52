"""Who is lost, and how far each may go: with seconds that are written out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from loadtests.drivers.crew import LEASE_S, LOST_AFTER_S, PULSE_S, Crew
from loadtests.drivers.lease import Lease
from scenarios.arrivals import Arrival

ALL = {"a", "b"}


def pulses(crew, from_s, to_s, present=ALL, hears=()):
    """Look after the crew at the usual pace; return (name, second) of who was lost."""
    lost, now_s = [], from_s
    while now_s < to_s:
        for worker in hears:
            crew.heard(worker, now_s)
        lost += [(its.name, now_s) for its in crew.pulse(now_s, present)]
        now_s += PULSE_S
    return lost


def test_a_silent_generator_is_lost_after_three_seconds():
    """Three reports that did not come; the other one is not touched."""
    crew = Crew.of(["a", "b"])
    (found,) = pulses(crew, 0.0, 10.0, hears=[0])
    assert found[0] == "b"
    assert found[1] == pytest.approx(LOST_AFTER_S, abs=2 * PULSE_S)
    assert crew.members["b"].lost
    assert not crew.members["a"].lost


def test_one_that_left_is_lost_at_once():
    """Locust knows of a worker that said goodbye: nobody waits for its silence."""
    assert pulses(Crew.of(["a", "b"]), 0.0, 0.1, present={"a"}) == [("b", 0.0)]


def test_a_keeper_that_stood_still_blames_nobody():
    """Ten seconds in which nothing could be heard count as half a second of silence."""
    crew = Crew.of(["a", "b"])
    pulses(crew, 0.0, 2.0, hears=[0, 1])
    assert crew.pulse(12.0, ALL) == []


def test_a_lease_ends_after_the_generator_is_called_lost():
    """Else a generator that is only slow would stop by itself before anybody took its share."""
    assert LEASE_S > LOST_AFTER_S
    crew = Crew.of(["a"])
    assert crew.heard(0, 5.0).until_s == 5.0 + LEASE_S
    assert crew.heard(0, 4.0).until_s == 5.0 + LEASE_S


def test_a_generator_that_was_given_up_is_not_heard_any_more():
    """Its share has gone to others; what it says later would be counted twice."""
    crew = Crew.of(["a", "b"])
    crew.pulse(0.0, {"a"})
    assert crew.heard(1, 1.0) is None
    assert crew.heard(0, 1.0) is not None


def test_new_duties_are_to_be_settled_too():
    """Done with one duty of two is not done."""
    crew = Crew.of(["a", "b"])
    (lost,) = crew.pulse(0.0, {"a"})
    given = crew.hand_over(lost, 5.0)
    assert {name: len(duties) for name, duties in given.items()} == {"a": 1}
    crew.done(0, 1)
    assert not crew.settled
    crew.done(0, 2)
    assert crew.settled


def test_nobody_inherits_from_the_last_one():
    """With all others settled there is nobody left to take over."""
    crew = Crew.of(["a", "b"])
    crew.done(0, 1)
    (lost,) = crew.pulse(0.0, {"a"})
    assert crew.hand_over(lost, 5.0) == {}
    assert crew.settled


ARRIVALS = [Arrival(index, index * 0.5, "1x", 0, 0) for index in range(20)]


def test_a_lease_that_is_not_extended_lapses():
    """Everything due before its end is offered, nothing after it, and it says so."""
    lease = Lease(4.0)
    assert [its.due_s for its in ARRIVALS if lease.covers(its.due_s, 3.9)] == [its / 2 for its in range(8)]
    assert not lease.lapsed
    assert not lease.covers(4.0, 4.0)
    assert lease.lapsed
    lease.extend(100.0)
    assert not any(lease.covers(its.due_s, 4.1) for its in ARRIVALS)


def test_an_extended_lease_goes_on():
    """What lies beyond its end waits, and is offered when the end has moved."""
    lease = Lease(1.0)
    assert not lease.covers(1.5, 0.9)
    lease.extend(2.0)
    assert lease.covers(1.5, 1.1)
    assert not lease.lapsed


def test_a_late_word_never_shortens_a_lease():
    """Messages may overtake each other."""
    lease = Lease(1.0)
    ends = []
    for until_s in (3.0, 2.0, 5.0):
        lease.extend(until_s)
        ends.append(lease.until_s)
    assert ends == [3.0, 3.0, 5.0]
    assert all(before <= after for before, after in pairwise(ends))


def test_a_generator_in_one_process_needs_no_lease():
    """It is its own keeper."""
    assert all(Lease().covers(its.due_s, 1e9) for its in ARRIVALS)
