"""The plan of a run: when arrivals are due, of which operation, for which query."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from scipy import stats

from scenarios.arrivals import ArrivalLaw, plan, share
from scenarios.stage import Stage, StageKind, windows
from scenarios.workload import Operation, QuerySkew, Workload

WORKLOAD = Workload((Operation("search", 3.0), Operation("suggest", 1.0)), QuerySkew(100, 1.0))


def make_plan(law=ArrivalLaw.POISSON, seed=7, rate=200.0, length_s=50.0, workload=WORKLOAD):
    placed = windows((Stage("1x", 1, rate, length_s), Stage("2x", 2, 2 * rate, length_s)))
    return list(plan(placed, law, workload, seed))


def test_the_same_seed_gives_the_same_plan():
    """A run can be repeated exactly."""
    assert make_plan(seed=3) == make_plan(seed=3)
    assert make_plan(seed=3) != make_plan(seed=4)


def test_poisson_gaps_are_exponential():
    """Poisson arrivals have independent exponential gaps of mean 1/rate (Kolmogorov-Smirnov against scipy's law)."""
    due = [arrival.due_s for arrival in make_plan() if arrival.stage == "1x"]
    gaps = [after - before for before, after in pairwise(due)]
    assert stats.kstest(gaps, "expon", args=(0, 1 / 200)).pvalue > 0.01


def test_poisson_counts_match_the_rate():
    """200/s over 50 s and 400/s over 50 s: counts within four standard deviations of a Poisson law."""
    counts = {"1x": 0, "2x": 0}
    for arrival in make_plan():
        counts[arrival.stage] += 1
    assert abs(counts["1x"] - 10_000) < 4 * math.sqrt(10_000)
    assert abs(counts["2x"] - 20_000) < 4 * math.sqrt(20_000)


def test_constant_arrivals_are_evenly_spaced_and_exact_in_number():
    """Constant arrivals: 4/s over 2.5 s are ten, 0.25 s apart, and the first waits half a gap."""
    placed = windows((Stage("1x", 1, 4.0, 2.5),))
    due = [arrival.due_s for arrival in plan(placed, ArrivalLaw.CONSTANT, WORKLOAD, 1)]
    assert due == pytest.approx([0.125 + 0.25 * n for n in range(10)])


@pytest.mark.parametrize(("rate", "length_s", "count"), [(3.0, 0.5, 1), (3.0, 0.1, 0), (10.0, 0.95, 9)])
def test_constant_arrivals_never_leave_their_stage(rate, length_s, count):
    """Stages need not hold a whole number of gaps."""
    placed = windows((Stage("1x", 1, rate, length_s),))
    due = [arrival.due_s for arrival in plan(placed, ArrivalLaw.CONSTANT, WORKLOAD, 1)]
    assert len(due) == count
    assert all(instant < length_s for instant in due)


@pytest.mark.parametrize("law", list(ArrivalLaw))
def test_due_times_ascend_and_stay_in_their_stage(law):
    """Arrivals come in order, each within its stage's window."""
    arrivals = make_plan(law=law)
    assert all(before.due_s <= after.due_s for before, after in pairwise(arrivals))
    assert all((arrival.due_s < 50) == (arrival.stage == "1x") for arrival in arrivals)


def test_a_change_of_the_workload_leaves_the_timing_untouched():
    """Times, operations and queries are drawn apart."""
    other = Workload((Operation("search"),), QuerySkew(5000, 0.7))
    assert [arrival.due_s for arrival in make_plan()] == [arrival.due_s for arrival in make_plan(workload=other)]


def test_operations_are_drawn_by_weight():
    """Weights 3 and 1: three quarters of the arrivals (binomial, four standard deviations)."""
    arrivals = make_plan()
    share_of_first = sum(arrival.operation == 0 for arrival in arrivals) / len(arrivals)
    assert abs(share_of_first - 0.75) < 4 * math.sqrt(0.75 * 0.25 / len(arrivals))


def test_queries_follow_zipf():
    """Rank r is drawn with probability proportional to 1/r (chi-squared against the written-out law)."""
    arrivals = make_plan(length_s=200)
    weights = [1 / rank for rank in range(1, 101)]
    expected = [len(arrivals) * weight / sum(weights) for weight in weights]
    observed = [0] * 100
    for arrival in arrivals:
        observed[arrival.query_rank] += 1
    assert stats.chisquare(observed, expected).pvalue > 0.01


def test_the_workers_together_offer_the_plan_once():
    """Worker k of n takes every n-th arrival; together they are the whole plan, and nothing twice."""
    whole = make_plan()
    shares = [list(share(iter(whole), worker, 3)) for worker in range(3)]
    assert sorted((arrival for part in shares for arrival in part), key=lambda its: its.index) == whole
    assert {len(part) for part in shares} <= {len(whole) // 3, len(whole) // 3 + 1}


def test_a_worker_that_does_not_exist_is_refused():
    """Worker numbers run from 0 to n-1."""
    with pytest.raises(ValueError, match="worker 3 of 3"):
        share(iter(()), 3, 3)


def test_a_stage_without_rate_or_length_is_refused():
    """A stage offers something for some time."""
    with pytest.raises(ValueError, match="rate"):
        Stage("1x", 1, 0, 10, StageKind.MEASURE)
    with pytest.raises(ValueError, match="duration"):
        Stage("1x", 1, 10, 0)
