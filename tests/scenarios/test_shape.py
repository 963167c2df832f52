"""Shapes of a stage: the arrivals follow the rate that was asked for, whatever bends it."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from scipy import integrate, stats

from scenarios.arrivals import ArrivalLaw, due_times, plan
from scenarios.chance import stream
from scenarios.rate_curve import RateCurve
from scenarios.shape import Bursts, Ramp, Sine, Spike, Steps
from scenarios.stage import Stage, windows
from scenarios.workload import Operation, QuerySkew, Workload

LENGTH_S = 40.0
LEVEL = 200.0


def _spike(t):
    return 1 + 4 * max(0.0, min(1.0, (t - 10) / 2, (20 - t) / 5))


# name: shapes, and the rate at t written out once more, from their description
RATES = {
    "constant": ((), lambda _: LEVEL),
    "ramp up": ((Ramp(0.25),), lambda t: LEVEL * (0.25 + 0.75 * t / LENGTH_S)),
    "ramp from nothing": ((Ramp(0.0),), lambda t: LEVEL * t / LENGTH_S),
    "ramp down": ((Ramp(3.0),), lambda t: LEVEL * (3 - 2 * t / LENGTH_S)),
    "steps": ((Steps(0.25, 4),), lambda t: LEVEL * (0.25 + 0.25 * int(t / 10))),
    "spike": ((Spike(5.0, 10.0, 3.0, rise_s=2.0, fall_s=5.0),), lambda t: LEVEL * _spike(t)),
    "spike with walls": ((Spike(5.0, 10.0, 3.0),), lambda t: LEVEL * (5 if 10 <= t < 13 else 1)),
    "bursts": ((Bursts(1.5, 2.5),), lambda t: LEVEL if t % 4 < 1.5 else 0.0),
    "bursts over a floor": ((Bursts(1.5, 2.5, 0.5),), lambda t: LEVEL * (1 if t % 4 < 1.5 else 0.5)),
    "sine": ((Sine(0.2, 20.0),), lambda t: LEVEL * (0.2 + 0.8 * (1 - math.cos(2 * math.pi * t / 20)) / 2)),
    "a spike in a day": (
        (Sine(0.2, 20.0), Spike(5.0, 10.0, 3.0, rise_s=2.0, fall_s=5.0)),
        lambda t: LEVEL * (0.2 + 0.8 * (1 - math.cos(2 * math.pi * t / 20)) / 2) * _spike(t),
    ),
}
CORNERS = sorted({n / 2 for n in range(81)} | {n * 4 + 1.5 for n in range(10)})  # of all of the above


def expected_until(rate, t):
    """The integral of the written-out rate, by scipy's adaptive quadrature between corners."""
    ends = [corner for corner in CORNERS if corner < t] + [t]
    return sum(integrate.quad(rate, a + 1e-12, b - 1e-12)[0] for a, b in itertools.pairwise(ends))


def times(shapes, law=ArrivalLaw.POISSON, seed=5, level=LEVEL):
    placed = windows((Stage("s", 1, level, LENGTH_S, shapes=shapes),))
    return np.concatenate([due_s for _, due_s in due_times(placed, law, stream(seed, "times"))])


@pytest.mark.parametrize("name", RATES)
def test_the_curve_is_the_rate_and_its_integral(name):
    """Rate, integral and total agree with the formula and with adaptive quadrature of it."""
    shapes, rate = RATES[name]
    curve = RateCurve(LEVEL, LENGTH_S, shapes)
    at = np.array([0.3, 3.1, 9.7, 10.9, 12.4, 17.9, 26.2, 39.9])
    assert curve.rate(at) == pytest.approx([rate(t) for t in at])
    assert curve.integral(at) == pytest.approx([expected_until(rate, t) for t in at], rel=1e-7)
    assert curve.total == pytest.approx(expected_until(rate, LENGTH_S), rel=1e-7)


@pytest.mark.parametrize("name", RATES)
def test_the_inverse_undoes_the_integral(name):
    """Where 12.3 arrivals are expected until t, the 12.3th arrival is due at t: to the nanosecond."""
    curve = RateCurve(LEVEL, LENGTH_S, RATES[name][0])
    expected = np.linspace(0.0, curve.total * (1 - 1e-9), 997)
    at = curve.instants(expected)
    assert np.all(np.diff(at) >= 0)
    assert curve.integral(at) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", RATES)
def test_poisson_arrivals_follow_the_rate(name):
    """Times mapped by the integrated rate are uniform (Kolmogorov-Smirnov); counts vary as Poisson's do (chi-squared).

    The second is the index of dispersion over forty pieces, each with the integral as its mean and variance.
    """
    shapes, rate = RATES[name]
    at = times(shapes)
    total = expected_until(rate, LENGTH_S)
    assert abs(len(at) - total) < 4 * math.sqrt(total)
    mapped = np.array([expected_until(rate, t) for t in at[:: max(1, len(at) // 400)]]) / total
    assert stats.kstest(mapped, "uniform").pvalue > 0.01
    borders = [expected_until(rate, float(n)) for n in range(41)]
    wanted = np.diff(borders)
    counted = np.histogram(at, bins=np.arange(41.0))[0]
    told = wanted > 1
    dispersion = float(np.sum((counted[told] - wanted[told]) ** 2 / wanted[told]))
    assert 0.005 < stats.chi2.cdf(dispersion, int(told.sum())) < 0.995
    assert not counted[wanted == 0].any()


@pytest.mark.parametrize("name", RATES)
def test_constant_arrivals_are_evenly_spaced_in_expectation(name):
    """The n-th arrival is due where n + 1/2 are expected: never more than one away from the integral, anywhere."""
    shapes, rate = RATES[name]
    at = times(shapes, ArrivalLaw.CONSTANT)
    assert len(at) == math.floor(expected_until(rate, LENGTH_S) + 0.5 - 1e-6)
    for n in range(0, len(at), 97):
        assert expected_until(rate, float(at[n])) == pytest.approx(n + 0.5, abs=1e-3)


def test_gaps_within_a_burst_are_exponential():
    """Bursts are Poisson inside: gaps of mean 1/rate (Kolmogorov-Smirnov), and silence between them."""
    at = times((Bursts(1.5, 2.5),), level=2000.0)
    within = np.mod(at, 4.0)
    assert within.max() < 1.5
    gaps = np.diff(at[at < 1.5])
    assert stats.kstest(gaps, "expon", args=(0, 1 / 2000)).pvalue > 0.01


def test_stages_join_without_a_seam():
    """The process runs on over the border of two stages: arrivals of 3/s for 0.5 s twice are three, 1/3 s apart."""
    placed = windows((Stage("a", 1, 3.0, 0.5), Stage("b", 1, 3.0, 0.5)))
    pieces = due_times(placed, ArrivalLaw.CONSTANT, stream(1, "times"))
    assert np.concatenate([due_s for _, due_s in pieces]) == pytest.approx([1 / 6, 1 / 2, 5 / 6])


def test_workers_make_their_own_shares_of_the_plan():
    """Worker k of n yields every n-th arrival from the k-th, the very ones of the whole plan."""
    workload = Workload((Operation("a", 2), Operation("b", 1)), QuerySkew(50, 1.0, never_seen=0.3))
    placed = windows(
        (Stage("a", 1, 150.0, 9.7, shapes=(Sine(0.1, 3.0),)), Stage("b", 1, 80.0, 5.0, shapes=(Ramp(2.0),)))
    )
    whole = list(plan(placed, ArrivalLaw.POISSON, workload, 3))
    assert [arrival.index for arrival in whole] == list(range(len(whole)))
    for worker in range(3):
        assert list(plan(placed, ArrivalLaw.POISSON, workload, 3, worker, 3)) == whole[worker::3]


def test_a_long_plan_is_never_held_in_memory():
    """Thirty thousand arrivals pass, and less than two megabytes exist at a time: the plan is made as it is used."""
    workload = Workload((Operation("a"),), QuerySkew(1000, 1.0))
    placed = windows((Stage("hour", 1, 5000.0, 3600.0, shapes=(Sine(0.3, 600.0),)),))
    arrivals = plan(placed, ArrivalLaw.POISSON, workload, 3)
    next(arrivals)
    tracemalloc.start()
    try:
        count = sum(1 for _ in itertools.islice(arrivals, 30_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < 2_000_000


def test_a_share_of_queries_is_never_seen_twice():
    """`never_seen` of 20 %: that share has ranks beyond the known queries, each of them once (binomial, 4 sigma)."""
    workload = Workload((Operation("a"),), QuerySkew(50, 1.0, never_seen=0.2))
    arrivals = list(plan(windows((Stage("a", 1, 500.0, 20.0),)), ArrivalLaw.POISSON, workload, 3))
    fresh = [its.query_rank for its in arrivals if its.query_rank >= 50]
    assert len(set(fresh)) == len(fresh)
    assert abs(len(fresh) / len(arrivals) - 0.2) < 4 * math.sqrt(0.16 / len(arrivals))
