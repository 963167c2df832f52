"""Duties: however often generators are lost, every arrival is in one duty at the most, and none vanishes."""

from __future__ import annotations

from collections import Counter

import pytest

from loadtests.drivers.crew import Crew
from loadtests.drivers.duty import Duty, patiently
from loadtests.drivers.missing import Reported, missing
from scenarios.arrivals import Arrival

PLAN = [Arrival(index, index / 10, "1x" if index < 50 else "2x", index % 2, 0) for index in range(100)]


def indices(duties, until_s=1e9):
    return [its.index for duty in duties for its in duty.of(iter(PLAN)) if its.due_s < until_s]


def test_shares_are_the_plan():
    """Three generators together offer everything once."""
    assert sorted(indices([Duty.share(k, 3) for k in range(3)])) == list(range(100))


def test_a_divided_duty_is_whole_from_then_on():
    """What a lost one would have offered from second 4 on is in its heirs' parts, and only there."""
    lost = Duty.share(1, 3)
    parts = lost.divided(2, 4.0)
    expected = [its for its in indices([lost]) if its >= 40]
    assert sorted(indices(parts)) == expected
    assert abs(len(indices(parts[:1])) - len(indices(parts[1:]))) <= 1


def test_two_losses_one_after_another_lose_nothing_and_repeat_nothing():
    """The second one lost had already taken over from the first; both gaps apart, the plan is offered once."""
    crew = Crew.of(["a", "b", "c"])
    first = crew.pulse(0.1, {"b", "c"})
    assert [its.name for its in first] == ["a"]
    crew.hand_over(first[0], 3.0)
    second = crew.pulse(0.2, {"c"})
    crew.hand_over(second[0], 6.0)
    offered = Counter(indices(crew.members["a"].duties, 1.0))
    offered += Counter(indices(crew.members["b"].duties, 4.0))
    offered += Counter(indices(crew.members["c"].duties))
    assert max(offered.values()) == 1
    never = set(range(100)) - set(offered)
    assert all(10 <= index < 60 for index in never)
    assert set(range(60, 100)) <= set(offered)


def test_going_through_a_plan_lets_others_work():
    """One turn for others in every 200 arrivals, and nothing is left out."""
    slept = []
    assert len(list(patiently(iter(PLAN * 10), slept.append))) == 1000
    assert len(slept) == 5


@pytest.mark.parametrize("until_s", [None, 7.0])
def test_what_is_missing_is_what_was_not_reported(until_s):
    """A generator reported up to second 4 and part of second 5: the rest is missing, by second, stage and operation."""
    duty = Duty.share(0, 2)
    mine = list(duty.of(iter(PLAN)))
    said = [its for its in mine if its.due_s < 5.45]
    reported = Reported()
    for arrival in said:
        row = {"kind": "second", "t": int(arrival.due_s), "stage": arrival.stage, "operation": "even", "planned": 1}
        reported.add(0, [row])
    found = list(missing(duty.of(iter(PLAN)), ["even", "odd"], reported.of(0), until_s))
    expected = Counter(
        (int(its.due_s), its.stage, "even")
        for its in mine
        if its.due_s >= 5.45 and (not until_s or its.due_s < until_s)
    )
    assert {(its.t, its.stage, its.operation): its.planned for its in found} == expected
    assert [its.t for its in found] == sorted(its.t for its in found)
    assert all(its.finished == 0 for its in found)


def test_old_reports_are_forgotten():
    """An hour of seconds is not kept for the case of a loss."""
    reported = Reported()
    for t in range(3600):
        reported.add(0, [{"kind": "second", "t": t, "stage": "1x", "operation": "search", "planned": 5}])
    assert len(reported.of(0)) == 11
