"""Comparisons of whole runs: pairs, missing answers, cliffs, and what an A/A experiment must not find."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy
import pytest

from reports import wording
from reports.comparing import sides_of
from reports.comparison import Answer, Bound
from reports.findings import find
from scenarios.criterion import ChangeKind
from tests.reports.synthetic import OVERLOADED, Manner, Recipe, overloaded_before, scenario_from


def comparison(findings, key, stage="5x"):
    """The one comparison of a measure in a stage."""
    (found,) = [its for its in findings.comparisons if its.measure.key == key and its.stage == stage]
    return found


def findings_of(tmp_path, **changes):
    return find(Recipe(**changes).write(tmp_path / "run"))


def test_a_change_is_that_of_the_pairs(tmp_path):
    """+30 % in the median, by construction; the estimate is the mean of ln(after/before) over the pairs' own p95."""
    findings = findings_of(tmp_path, usual={"after": Manner(median_s=0.0052)}, trial_sd=0.005)
    got = comparison(findings, "latency p95")
    assert got.change.value == pytest.approx(0.30, abs=0.03)
    own = []
    for before, after in sides_of(findings.run).pairs:
        latencies = [
            findings.ledger.of_trial(trial, "5x", "search").second.ok["latency"].quantile(0.95)
            for trial in (before, after)
        ]
        own.append(math.log(latencies[1] / latencies[0]))
    assert got.change.value == pytest.approx(math.expm1(numpy.mean(own)))
    assert got.answer is Answer.REGRESSED
    assert got.kind is ChangeKind.RATIO
    assert got.pairs == 3


def test_shares_are_compared_as_differences(findings_before_after):
    """Errors went from 59 % to 0: minus 59 points, not minus 100 %."""
    got = comparison(findings_before_after, "errors rate")
    assert got.kind is ChangeKind.DIFFERENCE
    assert got.change.value == pytest.approx(-0.6, abs=0.03)
    assert got.answer is Answer.IMPROVED


def test_no_failure_on_either_side_is_equal_within_what_counting_can_tell(run_aa):
    """0 of 700 and 0 of 700 in three pairs: no difference, and not without any doubt."""
    got = comparison(find(run_aa), "errors rate", "1x")
    assert got.answer is Answer.EQUIVALENT
    assert 0.001 < got.change.high < 0.01


def test_from_no_answer_to_an_answer_is_improved_without_a_ratio(findings_before_after):
    """Before, p95 was beyond the caller's 2 s in every trial: at least that much better, open on the other side."""
    got = comparison(findings_before_after, "latency p95", "10x")
    assert (got.answer, got.bound) == (Answer.IMPROVED, Bound.AT_MOST)
    assert math.isinf(got.before.value)
    assert got.change.low == -1.0
    after_s = findings_before_after.ledger.of("after", "10x", "search")[0].second.ok["latency"].quantile(0.95)
    assert got.change.value == pytest.approx(after_s / 2.0 - 1, abs=0.002)
    assert got.note == "before: no answer within 2\u00a0s in 3 of 3 trials"


def test_one_pair_from_no_answer_to_an_answer_is_a_bound_without_a_verdict(tmp_path):
    """One pair proves nothing; but what is said is still "at least", for nobody waited for the end."""
    got = comparison(
        findings_of(tmp_path, scenario=scenario_from(trials=1), manners=overloaded_before()), "latency p95"
    )
    assert (got.answer, got.bound, got.change.low) == (Answer.INCONCLUSIVE, Bound.AT_MOST, None)
    assert wording.summary(got).startswith("at least 2")
    assert wording.summary(got).endswith("x lower (before: no answer within 2\u00a0s in 1 of 1 trial)")


def test_from_an_answer_to_none_is_regressed(tmp_path):
    """The same the other way round."""
    got = comparison(findings_of(tmp_path, manners={("after", "5x"): OVERLOADED}), "latency p95")
    assert (got.answer, got.bound, got.change.high) == (Answer.REGRESSED, Bound.AT_LEAST, math.inf)


def test_no_answer_on_both_sides_says_nothing(tmp_path):
    """Two broken services are neither equal nor different; no number is invented, and never NaN in words."""
    got = comparison(findings_of(tmp_path, usual={"before": OVERLOADED, "after": OVERLOADED}), "latency p95")
    assert got.answer is Answer.INCONCLUSIVE
    assert not got.measured
    assert got.note.startswith("before: no answer within 2\u00a0s in 3 of 3 trials; after:")
    assert got.more_pairs is None


def test_a_number_missing_on_one_side_is_said(findings_before_after):
    """Before had no cache: not measured, with the reason; nothing is compared."""
    got = comparison(findings_before_after, "cache_hits value")
    assert got.answer is Answer.INCONCLUSIVE
    assert not got.measured
    assert got.note == "before: not measured (no number)"


def test_without_prometheus_server_side_measures_are_not_compared(tmp_path):
    """Measured on neither side: there is no row at all."""
    keys = {its.measure.key for its in findings_of(tmp_path, prometheus=False).comparisons}
    assert not any("cache_hits" in key or "service_cpu" in key for key in keys)
    assert "latency p95" in keys


def test_p99_is_compared_where_samples_allow(findings_before_after):
    """3 000 requests of a trial at 5x leave 30 beyond p99; 700 at 1x do not."""
    stages = {its.stage for its in findings_before_after.comparisons if its.measure.key == "latency p99"}
    assert stages == {"5x", "10x"}


def test_too_few_in_the_tail_decide_nothing(tmp_path):
    """Ten times slower, but 5 requests beyond p95: make the stage longer."""
    slow = findings_of(
        tmp_path, scenario=scenario_from(baseline_rate_per_s=10.0), usual={"after": Manner(median_s=0.04)}
    )
    short = replace(slow.run.scenario, stages=tuple(replace(its, rate_per_s=15.0) for its in slow.run.scenario.stages))
    findings = findings_of(tmp_path / "short", scenario=short, usual={"after": Manner(median_s=0.04)})
    got = comparison(findings, "latency p95", "1x")
    assert got.answer is Answer.INCONCLUSIVE
    assert "requests of a trial lie beyond the percentile; make the stage longer" in got.note
    assert got.more_pairs is None


def test_an_unsound_stage_is_not_compared(tmp_path):
    """Neither improved nor regressed where the generator was the limit on one side."""
    got = comparison(
        findings_of(tmp_path, manners={("before", "5x"): Manner(cpu_share=0.99, median_s=0.5)}), "latency p95"
    )
    assert got.answer is Answer.INCONCLUSIVE
    assert not got.measured
    assert got.note.startswith("before at 5x is INVALID")


def test_a_trial_without_its_partner_is_left_out(run_before_after):
    """Pairs, not sides, carry the comparison."""
    run = replace(run_before_after, trials=run_before_after.trials[:-1])
    assert [[trial.record.index for trial in pair] for pair in sides_of(run).pairs] == [[1, 2], [4, 3]]


def test_one_variant_or_no_whole_pair_has_nothing_to_compare(run_alone, run_before_after):
    """No comparison is better than one with something else."""
    assert find(run_alone).comparisons == ()
    assert sides_of(replace(run_before_after, trials=run_before_after.trials[:1])) is None


def test_a_tail_on_a_cliff_may_slide(tmp_path):
    """5.3 % of slow answers: p95 jumps tenfold between two equal services; a cliff, and no regression."""
    run = Recipe(scenario=scenario_from(trials=4), trial_sd=0.0).write(tmp_path / "run")
    for trial in run.trials:
        slow = 0.047 if trial.record.variant == "before" else 0.053
        for second in trial.timeline.seconds:
            _slow_down(second.ok["latency"], slow)
    got = comparison(find(run), "latency p95", "10x")
    assert got.change.value > 1
    assert got.answer is Answer.INCONCLUSIVE
    assert "cliff" in got.note


def _slow_down(histogram, share):
    """Make the slowest part of a histogram ten times slower still."""
    left = round(histogram.total * share)
    for bucket in sorted(histogram.counts, reverse=True):
        moved = min(left, histogram.counts[bucket])
        histogram.counts[bucket] -= moved
        histogram.counts[bucket + 213] = histogram.counts.get(bucket + 213, 0) + moved  # 2^(213/64) = 10
        left -= moved
        if not left:
            break
    histogram.largest_s *= 10


def test_equal_settings_are_not_told_apart(tmp_path):
    """Six A/A experiments with run-to-run noise of 3 %: of some 250 comparisons none improved, none regressed."""
    wrong = 0
    for seed in range(6):
        findings = find(Recipe(seed=seed, trial_sd=0.03).write(tmp_path / str(seed)))
        wrong += sum(its.answer in (Answer.IMPROVED, Answer.REGRESSED) for its in findings.comparisons)
    assert wrong == 0
