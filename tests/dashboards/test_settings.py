"""What the dashboards take from a scenario."""

from __future__ import annotations

import pytest

from dashboards.settings import Limit, OwnIndicator, limits_of, settings_of
from scenarios.indicator import Unit
from scenarios.objective import Severity
from scenarios.reading import parse_scenario
from scenarios.scenario import Scenario

HEAD = """
name: small
baseline: 10/s
stages:
  - {name: 1x, multiplier: 1, duration: 5s}
"""


def scenario_with(more: str) -> Scenario:
    return parse_scenario(HEAD + more, "small.yaml")


def test_the_demo_gives_its_objectives_as_limits(demo: Scenario) -> None:
    """One objective gives the gate and the line: 100 ms at p95 and 1 % of errors in the library's demo."""
    settings = settings_of(demo)
    assert settings.percentile == 95
    assert settings.percentile_name == "p95"
    assert settings.latency == (Limit(0.1, Severity.FAIL),)
    assert settings.errors == (Limit(0.01, Severity.FAIL),)
    assert settings.goodput == (Limit(0.99, Severity.FAIL, higher_is_better=True),)
    assert settings.variants == ("before", "after")


def test_the_demos_own_indicators_carry_the_limits_of_their_objectives(demo: Scenario) -> None:
    """An indicator that the scenario reads from Prometheus is shown with its objective's line, or without any."""
    by_title = {its.title: its for its in settings_of(demo).indicators}
    assert by_title["cache hits"].limits == (Limit(0.85, Severity.WARN, higher_is_better=True),)
    assert by_title["embedding p95"].limits == (Limit(0.05, Severity.WARN),)
    assert by_title["CPU of the service"].limits == ()
    assert by_title["mean time in a request"].by == "stage"


@pytest.mark.parametrize(
    ("objectives", "percentile", "values"),
    [
        ("[]", 95, []),
        ('[{indicator: latency, criteria: ["p(99)<300ms"]}]', 99, [0.3]),
        (
            '[{indicator: latency, criteria: ["p(99.9)<1s"]}, {indicator: latency, criteria: ["p(99)<300ms"]}]',
            99.9,
            [1],
        ),
        (
            '[{indicator: latency, criteria: ["p(50)<9ms"]},'
            ' {indicator: latency, criteria: ["p(99)<300ms"], key: true}]',
            99,
            [0.3],
        ),
        ('[{indicator: latency, criteria: ["p(95)<200ms", "p(95)<100ms", "avg<50ms"]}]', 95, [0.1, 0.2]),
        ('[{indicator: latency, criteria: ["p(95)<=+10%"]}]', 95, []),
    ],
)
def test_the_percentile_shown_is_the_one_promised(objectives: str, percentile: float, values: list[float]) -> None:
    """Key objectives lead, then the first; every limit on that percentile is drawn, and no signed criterion is."""
    settings = settings_of(scenario_with(f"objectives: {objectives}\n"))
    assert settings.percentile == percentile
    assert [limit.value for limit in settings.latency] == values


def test_one_limit_with_two_severities_counts_as_the_graver() -> None:
    """A limit that one objective warns about and another fails on fails, in whichever order they stand."""
    warn, fail = ("{indicator: errors, criteria: [rate<1%]" + f", severity: {its}}}" for its in ("warn", "fail"))
    for objectives in (f"[{warn}, {fail}]", f"[{fail}, {warn}]"):
        assert limits_of(scenario_with(f"objectives: {objectives}\n"), "errors") == (Limit(0.01, Severity.FAIL),)


def test_a_scenario_without_own_indicators_has_none_to_show() -> None:
    """Nothing is invented where the scenario asks Prometheus for nothing."""
    settings = settings_of(scenario_with(""))
    assert settings.indicators == ()
    assert settings.variants == ("service",)


def test_an_indicator_is_taken_as_written() -> None:
    """The query, the unit and the title are the scenario's own."""
    own = "indicators: {open: {promql: 'sum(x{$target})', unit: count, title: open files}}\n"
    assert settings_of(scenario_with(own)).indicators == (
        OwnIndicator("open files", "sum(x{$target})", Unit.COUNT, (), None),
    )
