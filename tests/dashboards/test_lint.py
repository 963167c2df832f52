"""Every lint rule finds its fault, and finds nothing in the dashboards as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import dashboards as package
from dashboards.asking import panels_of
from dashboards.lint import findings

Spoil = Callable[[dict[str, Any]], None]


def panel(dashboard: dict[str, Any], title: str) -> dict[str, Any]:
    return next(its for its in panels_of(dashboard) if its["title"] == title)


def variable(dashboard: dict[str, Any], name: str) -> dict[str, Any]:
    return next(its for its in dashboard["templating"]["list"] if its["name"] == name)


def on_variable(name: str, **changes: Any) -> Spoil:
    return lambda dashboard: variable(dashboard, name).update(changes)


def without_variable(name: str) -> Spoil:
    return lambda dashboard: dashboard["templating"]["list"].remove(variable(dashboard, name))


def on_panel(**changes: Any) -> Spoil:
    return lambda dashboard: panel(dashboard, "Waiting for a connection").update(changes)


def on_defaults(**changes: Any) -> Spoil:
    return lambda dashboard: panel(dashboard, "Waiting for a connection")["fieldConfig"]["defaults"].update(changes)


def asking(expression: str) -> Spoil:
    return lambda dashboard: panel(dashboard, "Waiting for a connection")["targets"][0].update(expr=expression)


def on_annotation(**changes: Any) -> Spoil:
    return lambda dashboard: dashboard["annotations"]["list"][1].update(changes)


ALL = 'job=~"$job", instance=~"$instance", testid="$testid", variant=~"$variant", trial=~"$trial"'
DESCENDING = {"mode": "absolute", "steps": [{"value": None}, {"value": 2}, {"value": 1}]}
WITHOUT_BASE = {"mode": "absolute", "steps": [{"value": 1}]}

FAULTS: list[tuple[str, Spoil]] = [
    ("uneditable-dashboard", lambda dashboard: dashboard.update(editable=True)),
    ("own-schema", lambda dashboard: dashboard.update(schemaVersion=12)),
    ("template-datasource", on_variable("datasource", label="Source")),
    ("template-job", without_variable("job")),
    ("template-job", on_variable("job", allValue=".*")),
    ("template-job", on_variable("job", label="Jobs")),
    ("template-instance", on_variable("instance", multi=False)),
    ("template-instance", on_variable("instance", datasource={"type": "prometheus", "uid": "abc"})),
    ("template-on-time-change-reload", on_variable("testid", refresh=1)),
    ("template-label-promql", on_variable("trial", query="label_value(x, trial)")),
    ("template-label-promql", on_variable("trial", query="label_values(x{, trial)")),
    ("own-unknown-variable", asking(f'x{{{ALL}, a="$nobody"}}')),
    ("own-unknown-variable", on_variable("testid", query='label_values(x{trial="$trial"}, testid)')),
    ("own-annotation-query", on_annotation(expr=f"y{{{ALL}}}")),
    ("target-promql", on_annotation(expr="y{", target={"expr": "y{"})),
    ("panel-title-description", on_panel(description="")),
    ("panel-datasource", on_panel(datasource={"type": "prometheus", "uid": "abc"})),
    ("panel-no-targets", on_panel(targets=[])),
    ("own-panel-kind", on_panel(type="piechart")),
    ("panel-units", on_defaults(unit="seconds")),
    ("own-axis-unit", on_defaults(custom={})),
    ("own-threshold-order", on_defaults(thresholds=DESCENDING)),
    ("own-threshold-order", on_defaults(thresholds=WITHOUT_BASE)),
    ("own-unique-id", on_panel(id=1)),
    ("own-unique-refid", on_panel(targets=[{"refId": "A", "expr": f"x{{{ALL}}}"}] * 2)),
    ("own-grid", on_panel(gridPos={"x": 20, "y": 500, "w": 8, "h": 8})),
    ("own-grid", on_panel(gridPos={"x": 0, "y": 1, "w": 8, "h": 8})),
    ("target-promql", asking(f"sum(rate(x{{{ALL}}}[$__rate_interval])")),
    ("target-rate-interval", asking(f"rate(x_total{{{ALL}}}[5m])")),
    ("target-rate-interval", asking(f"max_over_time(x{{{ALL}}}[$__range:5s])")),
    ("target-rate-interval", asking(f"max_over_time(x{{{ALL}}}[$__range:])")),
    ("target-job", asking(f"x{{{ALL.replace('job=', 'place=')}}}")),
    ("target-instance", asking(f"x{{{ALL.replace('instance=', 'place=')}}}")),
    ("target-testid", asking(f"x{{{ALL.replace('testid=', 'place=')}}}")),
    ("target-variant", asking(f"x{{{ALL.replace('variant=', 'place=')}}}")),
    ("target-trial", asking(f"1 + sum(rate(x{{{ALL.replace('trial=', 'place=')}}}[$__rate_interval]))")),
    ("target-counter-agg", asking(f"sum(x_total{{{ALL}}})")),
    ("target-counter-agg", asking(f'sum({{__name__="x_total", {ALL}}})')),
    ("own-quantile-le", asking(f"histogram_quantile(0.9, sum by (a) (rate(x_bucket{{{ALL}}}[$__rate_interval])))")),
    ("own-quantile-le", asking(f"histogram_quantile(0.9, sum(rate(x_bucket{{{ALL}}}[$__rate_interval])))")),
    ("own-quantile-le", asking(f"histogram_quantile(1, sum without (le) (rate(x_bucket{{{ALL}}}[$__rate_interval])))")),
]


@pytest.mark.parametrize("uid", ["loadtest-overview", "loadtest-internals", "loadtest-parts"])
def test_the_dashboards_are_clean(dashboards: dict[str, dict], uid: str) -> None:
    """There is nothing to find, and no list of excuses."""
    assert findings(dashboards[uid]) == ()


@pytest.mark.parametrize(("rule", "spoil"), FAULTS, ids=[f"{rule}-{index}" for index, (rule, _) in enumerate(FAULTS)])
def test_a_rule_finds_its_fault(dashboards: dict[str, dict], rule: str, spoil: Spoil) -> None:
    """Each rule sees the fault that it is there for, in an otherwise clean dashboard."""
    dashboard = deepcopy(dashboards["loadtest-overview"])
    spoil(dashboard)
    assert rule in {finding.rule for finding in findings(dashboard)}


def test_every_rule_has_a_fault_to_find() -> None:
    """A rule that no test has seen at work may see nothing at all."""
    sources = [Path(package.__file__).with_name(name).read_text() for name in ("lint.py", "lint_queries.py")]
    rules = {rule for text in sources for rule in re.findall(r'Finding\(\s*f?"([a-z-]+)"', text)}
    rules |= {"template-job", "template-instance"} | {f"target-{its}" for its in ("job", "instance", "testid")}
    assert rules - {"target-"} <= {rule for rule, _ in FAULTS}


@pytest.mark.parametrize(
    "expression",
    [
        f"histogram_quantile(0.9, sum by (le) (rate(x_bucket{{{ALL}}}[$__rate_interval])))",
        f"histogram_quantile(0.9, sum without (a) (rate(x_bucket{{{ALL}}}[$__rate_interval])))",
        f"histogram_quantile(0.9, rate(x_bucket{{{ALL}}}[$__rate_interval]))",
        f"max_over_time((x_total{{{ALL}}} * 2)[$__range:$__interval])",
        f"x{{{ALL}}} or vector(0)",
    ],
)
def test_a_sound_query_is_left_alone(dashboards: dict[str, dict], expression: str) -> None:
    """A rule that cries at everything says nothing."""
    dashboard = deepcopy(dashboards["loadtest-overview"])
    asking(expression)(dashboard)
    assert findings(dashboard) == ()


def test_a_finding_names_the_place_the_fault_and_the_rule(dashboards: dict[str, dict]) -> None:
    """The reader goes straight to it."""
    dashboard = deepcopy(dashboards["loadtest-overview"])
    on_panel(type="piechart")(dashboard)
    assert [str(its) for its in findings(dashboard)] == [
        "Waiting for a connection: piechart is not one of heatmap, stat, table, timeseries (own-panel-kind)"
    ]
