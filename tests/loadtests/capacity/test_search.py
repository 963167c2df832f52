"""The capacity search against queues whose capacity is known by formula."""

from __future__ import annotations

import math

import pytest

from loadtests.capacity.probe import Probe
from loadtests.capacity.search import Kind, Plan, Search
from tests.loadtests.capacity.queueing import Queue, slower_than, true_capacity

SERVICE_PER_S, SERVERS, LIMIT_S = 50.0, 8, 0.080
TRUTH = true_capacity(LIMIT_S, 0.95, SERVICE_PER_S, SERVERS)


def test_the_oracle_is_right():
    """One server is the textbook M/M/1: response times are exponential with rate mu - lambda."""
    assert slower_than(0.1, 30.0, 50.0, 1) == pytest.approx(math.exp(-20 * 0.1))
    assert pytest.approx(342.0, abs=0.5) == TRUTH


def searches(count, **queue):
    found = []
    for seed in range(count):
        target = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=seed, **queue)
        found.append(Search(Plan(first_per_s=60, seed=seed), target.probe).run())
    return found


@pytest.mark.parametrize(
    ("queue", "bias", "covered"),
    [({}, 0.02, 6), ({"speed_sd": 0.02, "disturbed": 0.1}, 0.05, 5)],
    ids=["quiet machine", "every tenth probe disturbed"],
)
def test_it_finds_the_known_capacity_and_its_interval_tells_the_truth(queue, bias, covered):
    """Within a few per cent on the mean, and most of the 90 % intervals hold the truth (8 searches, fixed seeds)."""
    found = searches(8, **queue)
    assert all(its.kind is Kind.MEASURED for its in found)
    mean = sum(its.value_per_s for its in found) / len(found)
    assert abs(mean / TRUTH - 1) < bias
    assert sum(its.low_per_s <= TRUTH <= its.high_per_s for its in found) >= covered
    assert all(its.low_per_s <= its.value_per_s <= its.high_per_s for its in found)
    assert all(len(its.probes) <= 18 for its in found)


def test_above_the_generators_ceiling_it_says_at_least():
    """A capacity is never reported beyond what the generator could be trusted with."""
    target = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=1, ceiling=200.0)
    found = Search(Plan(first_per_s=60), target.probe).run()
    assert found.kind is Kind.AT_LEAST
    assert found.value_per_s <= 200
    assert "ceiling" in found.reason
    assert found.high_per_s == math.inf


def test_a_ceiling_known_beforehand_is_never_crossed():
    """The machine's own ceiling is given by whoever measured it."""
    target = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=1)
    found = Search(Plan(first_per_s=60, ceiling_per_s=150.0), target.probe).run()
    assert found.kind is Kind.AT_LEAST
    assert max(its.rate_per_s for its in found.probes) < 150


def test_a_first_rate_that_is_too_high_is_walked_down_from():
    """Whoever begins at ten times the capacity still gets it."""
    target = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=3)
    found = Search(Plan(first_per_s=1500), target.probe).run()
    assert found.kind is Kind.MEASURED
    assert found.value_per_s == pytest.approx(TRUTH, rel=0.08)


def test_a_service_that_never_holds_is_said_to_be_below_what_was_tried():
    """No rate holds: that is the answer, not a number."""
    found = Search(Plan(first_per_s=100), lambda rate: Probe(rate, 1.0, 0.05)).run()
    assert found.kind is Kind.BELOW
    assert found.value_per_s <= 100 / 32
    assert found.low_per_s == 0


def test_a_service_that_always_holds_is_said_to_hold_at_least_what_was_tried():
    """Eighteen doublings without a failure say "at least"."""
    found = Search(Plan(first_per_s=10), lambda rate: Probe(rate, -1.0, 0.05)).run()
    assert found.kind is Kind.AT_LEAST
    assert "every rate held" in found.reason


def test_without_one_sound_probe_nothing_is_reported():
    """A generator that is never fit gives no capacity, and its fault is named."""
    found = Search(Plan(first_per_s=10), lambda rate: Probe(rate, -1.0, 0.05, fault="late by 40 ms")).run()
    assert found.kind is Kind.UNSOUND
    assert math.isnan(found.value_per_s)
    assert found.reason == "late by 40 ms"


def test_one_spoilt_probe_is_tried_again():
    """A single disturbance of the generator does not become its ceiling."""
    target = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=5)
    calls = []

    def measure(rate):
        calls.append(rate)
        return Probe(rate, math.nan, math.nan, fault="a pause") if len(calls) == 2 else target.probe(rate)

    found = Search(Plan(first_per_s=60), measure).run()
    assert calls[1] == calls[2]
    assert found.kind is Kind.MEASURED
    assert found.value_per_s == pytest.approx(TRUTH, rel=0.08)
