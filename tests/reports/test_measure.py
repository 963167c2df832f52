"""Measures against numpy on the raw samples, and what becomes of failures."""

from __future__ import annotations

import math

import numpy
import pytest

from loadtests.judged import JudgedAnswer
from loadtests.sample import OK, TIMEOUT, Sample
from loadtests.second import Second
from loadtests.server import ServerValue
from reports.estimating import estimate
from reports.measure import Measure, cpu_per_1000, read, timing
from reports.slice import Slice
from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind, Unit

LATENCY = BUILT_IN["latency"]
HALF_A_BUCKET = 0.0055  # 64 buckets per doubling
HITS = Indicator("hits", IndicatorKind.PROMQL, Unit.RATIO, "hits", True, "hits[$window]")
CORES = Indicator("cpu", IndicatorKind.PROMQL, Unit.CORES, "CPU", False, "cpu[$window]")


def a_slice(times_s=(), failing=0, unfinished=0, trial=0, values=(), judged=(), stage_s=10.0):
    """A slice of `times_s` answered well, further requests that timed out, and others that nobody heard of again."""
    second = Second(0, "1x", "search")
    for time_s in times_s:
        second.add(Sample("search", 0.0, time_s, OK, sent_s=0.0, first_byte_s=time_s / 2))
    for _ in range(failing):
        second.add(Sample("search", 0.0, 2.0, TIMEOUT, sent_s=0.0))
    second.planned = len(times_s) + failing + unfinished
    return Slice(trial, stage_s, 2.0, second, (second,), tuple(judged), tuple(values))


def percentile(name, share):
    return Measure(BUILT_IN[name], "p", share)


@pytest.mark.parametrize("share", [50.0, 95.0, 99.0])
@pytest.mark.parametrize("failing", [0, 12, 80])
def test_a_percentile_counts_failures_as_infinitely_slow(share, failing):
    """The quantile that numpy gives of the same samples, infinity for each failure, within a bucket's width."""
    times = numpy.random.default_rng(1).lognormal(-5, 0.6, 1500)
    raw = numpy.append(times, numpy.full(failing, math.inf))
    expected = numpy.quantile(raw, share / 100, method="inverted_cdf")
    got = read(percentile("latency", share), [a_slice(times.tolist(), failing=failing)]).value
    assert got == pytest.approx(expected, rel=2 * HALF_A_BUCKET)


def test_trials_are_pooled_not_averaged():
    """The p95 of two trials together is that of all their samples, not the mean of two p95s."""
    rng = numpy.random.default_rng(2)
    slow, quick = rng.lognormal(-3, 0.3, 400), rng.lognormal(-6, 0.3, 1200)
    got = read(percentile("latency", 95.0), [a_slice(slow.tolist()), a_slice(quick.tolist(), trial=1)]).value
    expected = numpy.quantile(numpy.append(slow, quick), 0.95, method="inverted_cdf")
    assert got == pytest.approx(expected, rel=2 * HALF_A_BUCKET)


def test_the_p95_is_no_answer_from_five_failures_in_a_hundred_on():
    """The rank decides: 5 failed of 100 leave rank 95 with the last good one, 6 do not."""
    times = [0.01] * 95
    assert math.isfinite(read(percentile("latency", 95.0), [a_slice(times, failing=5)]).value)
    assert math.isinf(read(percentile("latency", 95.0), [a_slice(times[:94], failing=6)]).value)


def test_failing_fast_never_improves_what_is_judged():
    """Over all requests a service that fails at once looks quick; what is judged does not."""
    quick = a_slice([0.5] * 90)
    for _ in range(10):
        quick.second.add(Sample("search", 0.0, 0.001, "http_503", sent_s=0.0))
    quick.second.planned = 100
    assert timing(LATENCY, [quick]).quantile(0.05) < 0.01
    assert read(percentile("latency", 95.0), [quick]).value == math.inf


def test_a_mean_counts_failures_with_the_whole_patience():
    """90 answers in 0.1 s and 10 failures at a patience of 2 s: (90 * 0.1 + 10 * 2) / 100."""
    got = read(Measure(LATENCY, "avg"), [a_slice([0.1] * 90, failing=8, unfinished=2)])
    assert got.value == pytest.approx(0.29)
    assert read(Measure(LATENCY, "max"), [a_slice([0.1] * 90, failing=1)]).value == math.inf
    assert read(Measure(LATENCY, "max"), [a_slice([0.1, 0.3])]).value == 0.3


def test_nothing_vanishes():
    """Planned and never finished is failed: 900 of 1 000 answered, 40 timed out, 60 not heard of again."""
    its = a_slice([0.01] * 900, failing=40, unfinished=60)
    assert read(Measure(BUILT_IN["errors"], "rate"), [its]).value == pytest.approx(0.10)
    assert read(Measure(BUILT_IN["goodput"], "rate"), [its]).value == pytest.approx(0.90)
    assert read(Measure(BUILT_IN["throughput"], "rate"), [its]).value == pytest.approx(90.0)


def test_a_lost_plan_does_not_make_more_answers_than_requests():
    """A crash may lose the line that says what was due: requests with an outcome were due all the same."""
    its = a_slice([0.01] * 10)
    its.second.planned = 4
    assert read(Measure(BUILT_IN["goodput"], "rate"), [its]).value == 1.0


@pytest.mark.parametrize("name", ["latency", "service_time", "ttfb", "errors", "goodput", "throughput", "recall@10"])
def test_no_request_is_not_a_number(name):
    """Zero samples measure nothing; nobody may take that for 0 ms or 0 %."""
    kind = BUILT_IN[name].kind
    aggregation = {IndicatorKind.TIMING: "p", IndicatorKind.QUALITY: "avg"}.get(kind, "rate")
    measure = Measure(BUILT_IN[name], aggregation, 95.0 if aggregation == "p" else None)
    assert math.isnan(read(measure, [a_slice()]).value)
    assert math.isnan(read(measure, []).value)
    assert not estimate(measure, [a_slice()]).measured


def test_quality_is_the_mean_of_its_own_measure():
    """Other measures of the same answers do not count."""
    judged = [JudgedAnswer(0, "1x", "search", rank, "recall@10", rank / 4) for rank in range(5)]
    judged.append(JudgedAnswer(0, "1x", "search", 0, "mrr@10", 0.0))
    got = read(Measure(BUILT_IN["recall@10"], "avg"), [a_slice([0.1], judged=judged)])
    assert (got.value, got.samples) == (0.5, 5)


def test_a_server_value_is_the_mean_over_trials():
    """One number for each trial and stage, each trial counting once."""
    slices = [
        a_slice([0.1], trial=n, values=[ServerValue(n, "1x", "hits", value)]) for n, value in enumerate((0.8, 0.9))
    ]
    got = estimate(Measure(HITS, "value"), slices)
    assert got.value == pytest.approx(0.85)
    assert (got.low, got.high) == (pytest.approx(0.85 - 12.7062 * 0.05, abs=1e-3), 1.0)  # t(.975, 1), cut at 100 %


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            [ServerValue(1, "1x", "hits", None, "not measured: no data")],
            "measured in 1 of 2 trials: no data",
        ),
        ([ServerValue(1, "1x", "hits", math.nan)], "measured in 1 of 2 trials: no number"),
        ([], "measured in 1 of 2 trials: nothing was read for it"),
        ([ServerValue(1, "1x", "hits", 0.9, label="l1")], "measured in 1 of 2 trials: nothing was read for it"),
    ],
)
def test_one_trial_without_its_value_is_not_measured(values, why):
    """Missing, not a number, or only parts of a whole: the mean of the rest would be another question."""
    slices = [a_slice([0.1], values=[ServerValue(0, "1x", "hits", 0.9)]), a_slice([0.1], trial=1, values=values)]
    got = read(Measure(HITS, "value"), slices)
    assert math.isnan(got.value)
    assert got.note == why


def test_cpu_per_thousand_counts_good_answers_only():
    """1.5 cores for 10 s and 500 good answers: 30 s of CPU for a thousand; none without an answer."""
    values = [ServerValue(0, "1x", "cpu", 1.5)]
    got = read(cpu_per_1000(CORES), [a_slice([0.1] * 500, failing=500, values=values)])
    assert got.value == pytest.approx(30.0)
    assert math.isnan(read(cpu_per_1000(CORES), [a_slice(failing=10, values=values)]).value)


def test_measures_have_names_for_people_and_for_files():
    """What stands in a table, and under which key the history keeps it."""
    assert (percentile("latency", 95.0).title, percentile("latency", 95.0).key) == ("p95 latency", "latency p95")
    assert (Measure(LATENCY, "avg").title, Measure(BUILT_IN["recall@10"], "avg").title) == ("mean latency", "recall@10")
