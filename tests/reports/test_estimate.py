"""Intervals against independent oracles: scipy.stats, closed forms, and the rule of three."""

from __future__ import annotations

import math

import numpy
import pytest
from scipy import stats

from reports.estimate import Estimate, clustered_mean, design_effect, over_trials, share


def test_a_duration_has_the_t_interval_of_its_logarithms():
    """Noise multiplies: the interval is that of scipy's t on ln of the trials' values, around the pooled value."""
    values = [0.0181, 0.0175, 0.0192, 0.0179]
    got = over_trials(0.0183, values, 2400, logarithmic=True)
    half = stats.t.ppf(0.975, 3) * stats.sem(numpy.log(values))
    assert (got.low, got.high) == pytest.approx((0.0183 * math.exp(-half), 0.0183 * math.exp(half)))
    assert got.samples == 2400


def test_a_plain_value_has_the_plain_t_interval():
    """Shares from Prometheus are not multiplied by noise."""
    values = [0.91, 0.93, 0.90]
    got = over_trials(0.9133, values, 3, logarithmic=False)
    low, high = stats.t.interval(0.95, 2, loc=0.9133, scale=stats.sem(values))
    assert (got.low, got.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("values", "why"),
    [([0.02], "one trial"), ([0.02, math.inf, 0.03], "finite"), ([0.0, 0.1], "logarithm")],
)
def test_where_there_can_be_no_interval_that_is_said(values, why):
    """One trial, no answer in one of them, or a zero: a number without an interval, and the reason."""
    got = over_trials(max(values), values, 100, logarithmic=True)
    assert got.low is None
    assert got.high is None
    assert why in got.method


@pytest.mark.parametrize(("part", "whole"), [(1, 100), (7, 600), (599, 600), (30, 60)])
def test_a_share_has_the_exact_interval(part, whole):
    """Clopper and Pearson, as scipy computes it from the binomial test."""
    exact = stats.binomtest(part, whole).proportion_ci(0.95, method="exact")
    got = share(part, whole)
    assert (got.low, got.high) == pytest.approx((exact.low, exact.high))
    assert got.value == part / whole


def test_no_failure_at_all_means_at_most_three_in_n():
    """0 of 2 995 requests demonstrate 99.9 % with 95 % confidence; with 2 994 they do not (exact binomial)."""
    assert share(0, 2995).high <= 0.001 < share(0, 2994).high
    assert share(0, 3000).high == pytest.approx(3 / 3000, rel=0.01)
    assert share(3000, 3000).low == pytest.approx(1 - 3 / 3000, abs=1e-5)


def test_no_requests_have_no_share():
    """0/0 is not 0 %."""
    got = share(0, 0)
    assert math.isnan(got.value)
    assert not got.measured


def test_failures_in_bursts_widen_the_interval():
    """Ten seconds of 100 requests: 50 failures in one second say less about the next run than 5 in each."""
    spread_out = [(5, 100)] * 10
    burst = [(50, 100)] + [(0, 100)] * 9
    assert design_effect(spread_out) == 1.0
    # ratio estimator: sum of (cases - mean n)^2 is 45^2 + 9 * 5^2 = 2250; times 10/9, over 1000 * .05 * .95
    assert design_effect(burst) == pytest.approx(2500 / 47.5)
    wide = share(50, 1000, design_effect=design_effect(burst))
    assert wide.high - wide.low > 5 * (share(50, 1000).high - share(50, 1000).low)


@pytest.mark.parametrize("blocks", [[], [(1, 10)], [(0, 10), (0, 10)], [(10, 10), (10, 10)], [(1, 10), (0, 0)]])
def test_without_cases_or_blocks_there_is_no_design_effect(blocks):
    """Nothing to learn a spread from."""
    assert design_effect(blocks) == 1.0


def test_answers_to_one_query_are_one_fact():
    """Each query judged three times with equal scores: the interval is that of the queries, not of the answers."""
    queries = [0.9, 1.0, 0.8, 1.0, 0.7, 1.0, 0.9, 0.9]
    scores = [score for score in queries for _ in range(3)]
    got = clustered_mean(scores, [rank for rank in range(8) for _ in range(3)])
    low, high = stats.t.interval(0.95, 7, loc=numpy.mean(queries), scale=stats.sem(queries))
    assert (got.low, got.high) == pytest.approx((low, min(1.0, high)))
    assert got.samples == 24


def test_perfect_quality_is_not_proved_by_few_queries():
    """Forty queries without a flaw: 1.000, and with 95 % confidence at least 0.05^(1/40) = 0.928."""
    got = clustered_mean([1.0] * 120, [rank for rank in range(40) for _ in range(3)])
    assert got.value == 1.0
    assert got.low == pytest.approx(0.05 ** (1 / 40))


def test_one_query_has_no_interval():
    """However often it was judged."""
    assert clustered_mean([0.5, 0.7], [1, 1]).low is None
    assert not clustered_mean([], []).measured


def test_the_interval_of_a_mean_score_holds_the_truth_as_often_as_it_says():
    """2 000 simulated runs of 60 queries in 3 trials with a query effect: 95 % cover, within 3 standard errors."""
    rng = numpy.random.default_rng(3)
    covered = 0
    for _ in range(2000):
        easy = rng.beta(18, 2, 60)
        scores = rng.binomial(10, numpy.repeat(easy, 3)) / 10
        got = clustered_mean(scores.tolist(), numpy.repeat(numpy.arange(60), 3).tolist())
        covered += got.low <= 0.9 <= got.high
    assert covered / 2000 == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 2000) + 0.01)


@pytest.mark.parametrize(("low", "high"), [(1.0, None), (None, 1.0), (2.0, 1.0), (math.nan, 1.0)])
def test_half_an_interval_is_a_bug(low, high):
    """An estimate checks itself."""
    with pytest.raises(ValueError, match="interval"):
        Estimate(1.0, low, high, 10)
