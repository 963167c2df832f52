"""Verdicts: levels, changes, and the many ways in which silence is not a yes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reports.comparison import Answer, Bound, Cell, Comparison
from reports.estimate import Estimate, without_interval
from reports.findings import find
from reports.judging import Case, decide_change, judge_change, judge_level
from reports.measure import Measure
from reports.paired import paired_change
from reports.verdict import EXIT_CODES, Outcome, worst
from scenarios.criterion import parse_criterion
from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind, Unit
from scenarios.objective import Objective, Severity
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from

HITS = Indicator("hits", IndicatorKind.PROMQL, Unit.RATIO, "hits", True, "hits[$window]")
KNOWN = {**BUILT_IN, "hits": HITS}


def a_case(text, name="latency", **objective):
    criterion = parse_criterion(text, KNOWN[name])
    promise = Objective(KNOWN[name], (criterion,), ("1x",), **objective)
    return Case(promise, criterion, "after", "search", "1x")


def a_comparison(case, change, low, high, bound=Bound.NONE, after=0.05, samples=2000):
    cell = Cell(Measure.of(case.objective.indicator, case.criterion), "search", "1x", case.criterion.change)
    sides = (Estimate(0.05, None, None, samples), Estimate(after, None, None, samples))
    paired = paired_change([0.12, 0.05, 0.19])
    return Comparison(cell, *sides, Estimate(change, low, high, 3), Answer.INCONCLUSIVE, paired, bound)


@pytest.mark.parametrize(
    ("text", "name", "value", "outcome"),
    [
        ("p(95)<100ms", "latency", 0.0999, Outcome.PASS),
        ("p(95)<100ms", "latency", 0.1, Outcome.FAIL),
        ("p(95)<=100ms", "latency", 0.1, Outcome.PASS),
        ("p(95)<100ms", "latency", math.inf, Outcome.FAIL),
        ("rate<1%", "errors", 0.0, Outcome.PASS),
        ("rate>=99%", "goodput", 0.98, Outcome.FAIL),
        ("avg>=0.95", "recall@10", 0.95, Outcome.PASS),
        ("value>=85%", "hits", 0.84, Outcome.FAIL),
    ],
)
def test_a_level_is_judged_by_its_estimate(text, name, value, outcome):
    """It holds or it does not; no answer never holds."""
    case = a_case(text, name)
    assert judge_level(case, Estimate(value, None, None, 5000)).outcome is outcome


@pytest.mark.parametrize(
    ("text", "name", "samples", "outcome"),
    [
        ("p(95)<100ms", "latency", 599, Outcome.INVALID),
        ("p(95)<100ms", "latency", 600, Outcome.PASS),
        ("p(99)<100ms", "latency", 2999, Outcome.INVALID),
        ("p(99)<100ms", "latency", 3000, Outcome.PASS),
        ("rate<10%", "errors", 99, Outcome.INVALID),
        ("rate<10%", "errors", 100, Outcome.PASS),
        ("avg>=0.01", "recall@10", 29, Outcome.INVALID),
        ("value>=1%", "hits", 1, Outcome.PASS),
        ("p(95)<100ms", "latency", 0, Outcome.INVALID),
    ],
)
def test_too_few_samples_are_never_a_pass(text, name, samples, outcome):
    """30 beyond the percentile, 100 requests for a share, 30 judged answers."""
    verdict = judge_level(a_case(text, name), Estimate(0.05, None, None, samples))
    assert verdict.outcome is outcome
    if outcome is Outcome.INVALID:
        assert "samples needed" in verdict.reason


def test_what_was_not_measured_is_invalid_unless_it_is_optional():
    """Silence is not a yes, and where the file says so it is no more than silence."""
    unmeasured = without_interval(math.nan, 0, "no Prometheus")
    assert judge_level(a_case("value>=85%", "hits"), unmeasured).outcome is Outcome.INVALID
    optional = judge_level(a_case("value>=85%", "hits", optional=True), unmeasured)
    assert (optional.outcome, optional.reason) == (Outcome.NOT_MEASURED, "not measured: no Prometheus")


def test_severity_warn_turns_a_broken_promise_into_a_warning():
    """And only that: what could not be judged stays INVALID."""
    case = a_case("p(95)<100ms", severity=Severity.WARN)
    assert judge_level(case, Estimate(0.2, None, None, 5000)).outcome is Outcome.WARN
    assert judge_level(case, Estimate(0.05, None, None, 5)).outcome is Outcome.INVALID


def test_the_reason_tells_value_limit_samples_and_doubt():
    """A bare "failed" is useless; and a reader is told when the interval reaches across the limit."""
    verdict = judge_level(a_case("p(95)<100ms"), Estimate(0.0999, 0.09, 0.11, 2100))
    assert verdict.reason.replace("\u00a0", " ").replace("\u202f", " ") == (
        "99.9 ms, promised < 100 ms (2 100 samples; its 95 % interval reaches 110 ms)"
    )
    sure = judge_level(a_case("p(95)<100ms"), Estimate(0.05, 0.04, 0.06, 2100))
    assert "reaches" not in sure.reason


@pytest.mark.parametrize(
    ("text", "name", "change", "low", "high", "decided"),
    [
        ("p(95)<=+10%", "latency", 0.12, 0.03, 0.21, False),  # violated, and the change is proved
        ("p(95)<=+10%", "latency", 0.12, -0.02, 0.27, None),  # violated, and it may be no change at all
        ("p(95)<=+10%", "latency", 0.08, 0.02, 0.14, True),  # met by the estimate
        ("p(95)<=+10%", "latency", 0.30, 0.20, 0.40, False),  # the whole interval violates
        ("p(95)<=+10%", "latency", -0.30, -0.40, -0.20, True),  # the whole interval meets
        ("rate>=-3pp", "goodput", -0.05, -0.07, -0.03, False),
        ("rate>=-3pp", "goodput", -0.05, -0.11, 0.01, None),
        ("rate>=-3pp", "goodput", -0.01, -0.02, 0.0, True),
        ("p(95)<=+10%", "latency", 0.08, None, None, True),  # one pair
        ("p(95)<=+10%", "latency", 0.12, None, None, None),
    ],
)
def test_a_change_is_judged_by_estimate_and_proof(text, name, change, low, high, decided):
    """The table of the rule "significant": passes, fails, or is not decided."""
    case = a_case(text, name)
    assert decide_change(case.criterion, a_comparison(case, change, low, high)) is decided


@pytest.mark.parametrize(
    ("bound", "change", "low", "high", "after", "decided"),
    [
        (Bound.AT_MOST, -0.9, -1.0, -0.8, 0.05, True),  # before did not answer: better than that
        (Bound.AT_MOST, 0.2, -1.0, 0.4, 0.05, None),  # the true change lies lower, nobody knows how far
        (Bound.AT_LEAST, 0.9, 0.5, math.inf, math.inf, False),  # after does not answer any more
        (Bound.AT_LEAST, 0.05, -0.1, math.inf, math.inf, False),  # even where patience hides how much slower
        (Bound.AT_LEAST, 0.05, -0.1, math.inf, 1.9, None),  # no answer in one trial of several
        (Bound.AT_LEAST, 0.9, 0.5, math.inf, 1.9, False),
    ],
)
def test_no_answer_on_one_side_is_judged_by_what_is_known(bound, change, low, high, after, decided):
    """A bound that understates may prove a yes or a no, and nothing in between."""
    case = a_case("p(95)<=+10%")
    assert decide_change(case.criterion, a_comparison(case, change, low, high, bound, after)) is decided


def test_an_undecided_change_warns_and_says_how_many_trials_would_decide():
    """Inconclusive is not a fail, and not a silent pass."""
    case = a_case("p(95)<=+10%")
    verdict = judge_change(case, a_comparison(case, 0.12, -0.02, 0.27))
    assert verdict.outcome is Outcome.WARN
    # mean 0.12, s = 0.07: t(.975, n-1) * 0.07 / sqrt(n) is 0.1114 for n = 4 and 0.174 for n = 3
    assert "about 1 further pair of trials would decide" in verdict.reason


def test_a_change_without_numbers_is_invalid():
    """Not compared, too few samples, or nothing to compare: never a pass."""
    case = a_case("p(95)<=+10%")
    assert judge_change(case, None).outcome is Outcome.INVALID
    assert judge_change(case, a_comparison(case, -0.5, -0.6, -0.4, samples=599)).outcome is Outcome.INVALID
    nothing = a_comparison(case, math.nan, None, None)
    assert judge_change(case, nothing).outcome is Outcome.INVALID
    assert judge_change(a_case("p(95)<=+10%", optional=True), nothing).outcome is Outcome.NOT_MEASURED


def test_changes_are_asked_of_the_contender_only(findings_before_after):
    """The baseline is not compared with itself."""
    assert {its.variant for its in findings_before_after.verdicts if its.relative} == {"after"}


def test_a_change_without_a_baseline_is_said_and_not_passed(tmp_path):
    """Exit code 5, unless the promise is optional."""
    alone = scenario_from(variants=(Variant("service", "optimized"),))
    findings = find(Recipe(scenario=alone).write(tmp_path / "run"))
    assert {its.outcome for its in findings.verdicts if its.relative} == {Outcome.NO_BASELINE}
    assert (findings.outcome, findings.exit_code) == (Outcome.NO_BASELINE, 5)


@pytest.mark.parametrize(
    ("outcomes", "expected", "code"),
    [
        ([Outcome.PASS, Outcome.PASS], Outcome.PASS, 0),
        ([Outcome.PASS, Outcome.WARN], Outcome.WARN, 0),
        ([Outcome.WARN, Outcome.FAIL], Outcome.FAIL, 3),
        ([Outcome.PASS, Outcome.INVALID], Outcome.INVALID, 4),
        ([Outcome.FAIL, Outcome.INVALID], Outcome.FAIL, 3),  # broken in a sound stage: no is the answer already
        ([Outcome.NO_BASELINE, Outcome.INVALID], Outcome.INVALID, 4),
        ([Outcome.NO_BASELINE, Outcome.WARN], Outcome.NO_BASELINE, 5),
        ([Outcome.PASS, Outcome.NOT_MEASURED], Outcome.PASS, 0),
        ([Outcome.NOT_MEASURED], Outcome.INVALID, 4),
        ([], Outcome.INVALID, 4),
    ],
)
def test_many_verdicts_make_one(outcomes, expected, code):
    """Failures first, then what could not be judged; nothing judged is not a pass."""
    assert worst(outcomes) is expected
    assert EXIT_CODES[expected] == code


def test_a_variant_that_never_ran_is_invalid(tmp_path):
    """A run that ended before the contender's first trial has no verdict on it."""
    run = Recipe(scenario=scenario_from(trials=1)).write(tmp_path / "run")
    findings = find(replace(run, trials=run.trials[:1]))
    assert findings.outcomes["before"] is not Outcome.INVALID
    assert findings.outcomes["after"] is Outcome.INVALID


def test_a_fail_in_a_sound_stage_outranks_an_unsound_one(tmp_path):
    """5x broke its promise, 10x could not be measured: the service does not keep its promises."""
    manners = {("after", "5x"): Manner(median_s=0.2), ("after", "10x"): Manner(cpu_share=0.99)}
    findings = find(Recipe(manners=manners).write(tmp_path / "run"))
    assert findings.exit_code == 3
    assert {its.outcome for its in findings.of("after") if its.stage == "10x"} == {Outcome.INVALID}
