"""The sentence that a manager reads: one for every way in which a run can end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.manifest import TrialStatus
from reports.assembling import report_of
from scenarios.scenario import TargetSpec, Variant
from scenarios.target_schema import RequestPart
from tests.reports.synthetic import Manner, Recipe, overloaded_before, scenario_from

BREAKS = {stage: manner for (_, stage), manner in overloaded_before().items()}
AFTER_BREAKS = {("after", stage): manner for stage, manner in BREAKS.items()}
NO_CHANGES = tuple(its for its in scenario_from().objectives if its.criteria[0].change is None)
NEW = "After the change the search service"
NONE = "No verdict on the search service after the change:"

CASES = {
    "kept, and broken before": (
        {"manners": overloaded_before()},
        f"{NEW} keeps its promises at ten times its traffic. Before, it held at two times and broke at five times.",
        0,
    ),
    "kept by both": ({}, f"{NEW} keeps its promises at ten times its traffic. Before, it kept them too.", 0),
    "broken": (
        {"manners": AFTER_BREAKS},
        f"{NEW} keeps its promises up to two times and breaks them at five times its traffic. "
        "Before, it kept its promises.",
        3,
    ),
    "broken at once": (
        {"usual": {"after": BREAKS["5x"]}, "manners": {("before", "10x"): Manner(median_s=0.2)}},
        f"{NEW} breaks its promises at today's traffic already. Before, it held at five times and broke at ten times.",
        3,
    ),
    "no recovery": (
        {"manners": {("after", "recovery"): Manner(median_s=0.2)}},
        f"{NEW} keeps its promises at ten times its traffic, but does not recover from it in time. "
        "Before, it kept them too.",
        3,
    ),
    "no recovery before": (
        {"manners": {("before", "recovery"): Manner(median_s=0.2)}},
        f"{NEW} keeps its promises at ten times its traffic. Before, it did not recover in time.",
        0,
    ),
    "warned": (
        {"manners": {("after", "10x"): Manner(cache_hits=0.8)}},
        f"{NEW} keeps its promises at ten times its traffic, with 1 warning. Before, it kept them too.",
        0,
    ),
    "generator limited": (
        {"manners": {("after", "10x"): Manner(cpu_share=0.9)}},
        f"{NONE} the measurement at 10x is not sound: generator 90 % of a core (limit 80 %). The service "
        "answered at least 1 000/s at 10x. Up to five times it keeps its promises. Before, it kept them too.",
        4,
    ),
    "not measured": (
        {
            "prometheus": False,
            "scenario": scenario_from(
                objectives=tuple(
                    replace(its, optional=False)
                    for its in scenario_from().objectives
                    if its.indicator.name == "cache_hits"
                )
            ),
        },
        f"{NONE} cache hits ≥ 85 % at 5x and 1 further promise could not be judged (not measured: no "
        "Prometheus). Before, it could not be judged.",
        4,
    ),
    "interrupted": (
        {"until_s": {5: 12.0}, "status": {5: TrialStatus.INTERRUPTED}},
        f"{NONE} the measurement at 2x, 5x, 10x and recovery is not sound: the trial is interrupted and "
        "did not finish the stage. At today's traffic it keeps its promises. Before, it kept them too.",
        4,
    ),
    "alone": (
        {"scenario": scenario_from(variants=(Variant("service"),), objectives=NO_CHANGES)},
        "The search service keeps its promises at ten times its traffic.",
        0,
    ),
    "no baseline": (
        {"scenario": scenario_from(variants=(Variant("service"),))},
        "The search service was measured, but there is no baseline to compare with, and a promise asks for one.",
        5,
    ),
    "no promise": (
        {"scenario": scenario_from(objectives=())},
        "No verdict: the scenario makes no promise, so nothing could be kept or broken.",
        4,
    ),
    "other names": (
        {
            "scenario": scenario_from(
                variants=(Variant("naive", "naive"), Variant("cached", "cached")),
                target=TargetSpec(kind="http", requests=(RequestPart(name="search", path="/"),)),
                objectives=NO_CHANGES,
            )
        },
        "With cached, the service keeps its promises at ten times its traffic. With naive, it kept them too.",
        0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_headline_says_what_the_verdicts_mean(tmp_path, case):
    """Every ending has its sentence and its exit code."""
    changes, sentence, code = CASES[case]
    report = report_of(Recipe(**changes).write(tmp_path / "run"))
    assert " ".join(report.headline).replace("\u00a0", " ").replace("\u202f", " ") == sentence
    assert report.exit_code == code


def test_a_regression_that_is_asked_about_leads(tmp_path):
    """The levels hold, the change does not: worse than before, with the number."""
    report = report_of(Recipe(usual={"after": Manner(median_s=0.0055)}).write(tmp_path / "run"))
    assert report.exit_code == 3
    assert report.headline[0].startswith(
        f"{NEW} keeps its promises at ten times its traffic, but is worse than before: p95 latency at 1x +"
    )


def test_a_regression_that_nobody_asked_about_is_shown_and_does_not_fail(tmp_path):
    """Exit code 0, and both the headline and a remark tell of it."""
    quiet = scenario_from(objectives=NO_CHANGES)
    report = report_of(Recipe(scenario=quiet, usual={"after": Manner(median_s=0.0055)}).write(tmp_path / "run"))
    assert report.exit_code == 0
    assert report.headline[-1].startswith("But it regressed: p95 latency at 1x +")
    (remark,) = report.remarks
    assert remark.text.endswith("No promise asks about this change, so it does not decide the verdict.")
