"""Reports that several renderers are tried with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.run import Run
from reports.assembling import report_of
from reports.renderers import make_renderer
from reports.report import Report
from scenarios.scenario import Scenario, Variant
from tests.reports.hostile import hostile
from tests.reports.synthetic import SCENARIO, Manner, Recipe, scenario_from

ONE_STAGE = """
name: short
baseline: 5/s
stages: [{name: a stage with a rather long name, rate: 5/s, duration: 3s}]
objectives: [{indicator: latency, criteria: ["p(95)<100ms"]}]
"""


@pytest.fixture(scope="session")
def report_hostile(run_before_after: Run) -> Report:
    """Every name is an attack."""
    return report_of(hostile(run_before_after))


@pytest.fixture(scope="session")
def every_report(
    tmp_path_factory: pytest.TempPathFactory,
    report_before_after: Report,
    report_hostile: Report,
    run_alone: Run,
    run_aa: Run,
    run_before_after: Run,
) -> dict[str, Report]:
    """A report of every shape that a run can have."""
    folder = tmp_path_factory.mktemp("shapes")

    def made(name: str, scenario: Scenario | None = None, **changes: object) -> Report:
        recipe = Recipe(scenario=scenario or scenario_from(), **changes)  # type: ignore[arg-type]
        return report_of(recipe.write(folder / name))

    three = (Variant("naive", "naive"), Variant("cached", "cached"), Variant("optimized", "optimized"))
    two = "operations: [{name: search, weight: 3}, {name: suggest, weight: 1}]"
    return {
        "before and after": report_before_after,
        "hostile": report_hostile,
        "alone": report_of(run_alone),
        "A/A": report_of(run_aa),
        "invalid": made("invalid", manners={("after", "10x"): Manner(cpu_share=0.97, median_s=0.5)}),
        "no telemetry": made("none", prometheus=False, deaf=tuple(range(99))),
        "no trial": report_of(replace(run_before_after, trials=())),
        "an empty stage": made("empty", until_s=dict.fromkeys(range(6), 20.0)),
        "stopped in warm-up": made("early", until_s=dict.fromkeys(range(6), 1.0)),
        "no promise": made("quiet", scenario_from(objectives=())),
        "three variants": made("three", scenario_from(variants=three, trials=2)),
        "two operations": made("two", scenario_from(SCENARIO.replace("operations: [{name: search}]", two))),
        "one stage": made("short", scenario_from(ONE_STAGE)),
        "nothing answered": made("dead", usual={"before": Manner(failing=1.0), "after": Manner(failing=1.0)}),
    }


@pytest.fixture(scope="session")
def pages(every_report: dict[str, Report]) -> dict[str, str]:
    """Every shape of report as an HTML page."""
    renderer = make_renderer("html")
    return {name: renderer.render(report) for name, report in every_report.items()}
