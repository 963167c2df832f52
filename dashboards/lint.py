"""Lint: what a dashboard's JSON must and must not hold. The queries themselves are judged in `lint_queries`.

The rules named `template-…`, `panel-…` and `uneditable-dashboard` are those of Grafana's own dashboard-linter that
apply to a Prometheus dashboard, written anew; those named `own-…` are ours. For developers: it needs the development
packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grafana_foundation_sdk.models import units

from dashboards.asking import panels_of
from dashboards.findings import Finding
from dashboards.layout import COLUMNS
from dashboards.lint_queries import query_findings
from dashboards.saving import SCHEMA_VERSION
from dashboards.variables import names_in

PANEL_KINDS = frozenset({"heatmap", "stat", "table", "timeseries"})
"""What the preview can draw; another kind would be published unseen."""

UNITS = frozenset(value for value in vars(units).values() if isinstance(value, str))
"""Grafana's units, as its own SDK lists them."""

UNNAMED_UNITS = frozenset({"none", "short", "locale"})
"""Units that show a bare number: an axis needs a label then."""

BUILT_IN = frozenset(
    {"__interval", "__interval_ms", "__range", "__range_ms", "__range_s", "__rate_interval"}  # variables of Grafana
)

_DATASOURCES = ("$datasource", "${datasource}")
_RELOAD_ON_TIME_CHANGE = 2

Json = Mapping[str, Any]


def findings(dashboard: Json) -> tuple[Finding, ...]:
    """Return everything that the rules hold against a dashboard; empty when it is clean."""
    return (
        *_dashboard(dashboard),
        *_variables(dashboard),
        *_unknown_variables(dashboard),
        *_annotations(dashboard),
        *(finding for panel in panels_of(dashboard) for finding in _panel(panel)),
        *_twice(dashboard),
        *_grid(dashboard),
        *query_findings(dashboard),
    )


def _dashboard(dashboard: Json) -> Iterator[Finding]:
    if dashboard.get("editable", True):
        yield Finding("uneditable-dashboard", "dashboard", "can be edited, and edits of a generated file are lost")
    if dashboard.get("schemaVersion") != SCHEMA_VERSION:
        yield Finding("own-schema", "dashboard", f"schema {dashboard.get('schemaVersion')}, not {SCHEMA_VERSION}")


def _variables(dashboard: Json) -> Iterator[Finding]:
    variables = {its["name"]: its for its in dashboard["templating"]["list"]}
    source = variables.get("datasource")
    if not source or source["type"] != "datasource" or source.get("label") != "Data source":
        yield Finding("template-datasource", "datasource", "no data source variable with the label Data source")
    for name in ("job", "instance"):
        yield from _matching_variable(name, variables.get(name))
    for name, its in variables.items():
        if its["type"] == "query" and its.get("refresh") != _RELOAD_ON_TIME_CHANGE:
            yield Finding("template-on-time-change-reload", name, "does not reload when the time shown changes")


def _matching_variable(name: str, variable: Json | None) -> Iterator[Finding]:
    rule = f"template-{name}"
    if variable is None:
        yield Finding(rule, name, "there is no such variable")
        return
    demanded = {
        "is not a query": variable["type"] == "query",
        "allows one choice only": variable.get("multi") is True,
        "stands for nothing definite when All is chosen": variable.get("allValue") == ".+",
        f"is not labelled {name.title()}": variable.get("label") == name.title(),
        "does not ask the chosen data source": (variable.get("datasource") or {}).get("uid") in _DATASOURCES,
    }
    yield from (Finding(rule, name, what) for what, holds in demanded.items() if not holds)


def _unknown_variables(dashboard: Json) -> Iterator[Finding]:
    """Grafana sends an unknown `$name` as it stands; Prometheus then finds nothing and says nothing."""
    known = set(BUILT_IN)
    for its in dashboard["templating"]["list"]:
        query = its["query"] if isinstance(its["query"], str) else ""
        yield from _strangers(its["name"], query, known)
        known.add(its["name"])
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield from _strangers(panel.get("title", ""), f"{target['expr']} {target.get('legendFormat', '')}", known)
    for its in dashboard["annotations"]["list"]:
        yield from _strangers(its["name"], f"{its.get('expr', '')} {its.get('target', {}).get('expr', '')}", known)


def _annotations(dashboard: Json) -> Iterator[Finding]:
    """Grafana before 11 reads `expr`, later ones `target.expr`."""
    for its in dashboard["annotations"]["list"]:
        if its.get("expr") != its.get("target", {}).get("expr"):
            yield Finding("own-annotation-query", its["name"], "asks older and newer Grafanas different things")


def _strangers(where: str, text: str, known: set[str]) -> Iterator[Finding]:
    for name in sorted(names_in(text) - known):
        yield Finding("own-unknown-variable", where, f"${name} is not a variable that is known there")


def _panel(panel: Json) -> Iterator[Finding]:
    where = panel.get("title") or f"panel {panel.get('id')}"
    if not panel.get("title") or not panel.get("description"):
        yield Finding("panel-title-description", where, "needs both a title and a description")
    if panel["type"] not in PANEL_KINDS:
        yield Finding("own-panel-kind", where, f"{panel['type']} is not one of {', '.join(sorted(PANEL_KINDS))}")
    if (panel.get("datasource") or {}).get("uid") not in _DATASOURCES:
        yield Finding("panel-datasource", where, "does not ask the chosen data source")
    if not panel.get("targets"):
        yield Finding("panel-no-targets", where, "asks nothing")
    yield from _units(where, panel)
    yield from _thresholds(where, panel)


def _units(where: str, panel: Json) -> Iterator[Finding]:
    defaults, overrides = panel["fieldConfig"]["defaults"], panel["fieldConfig"]["overrides"]
    used = [
        defaults.get("unit"),
        *(its["value"] for rule in overrides for its in rule["properties"] if its["id"] == "unit"),
    ]
    for unit in used:
        if unit not in UNITS and not str(unit).startswith("suffix:"):
            yield Finding("panel-units", where, f"{unit!r} is not a unit of Grafana")
    bare = defaults.get("unit") in UNNAMED_UNITS and not defaults.get("custom", {}).get("axisLabel")
    if panel["type"] == "timeseries" and bare:
        yield Finding("own-axis-unit", where, "bare numbers on an axis without a label")


def _thresholds(where: str, panel: Json) -> Iterator[Finding]:
    defaults, overrides = panel["fieldConfig"]["defaults"], panel["fieldConfig"]["overrides"]
    own = [its["value"] for rule in overrides for its in rule["properties"] if its["id"] == "thresholds"]
    for thresholds in (defaults.get("thresholds"), *own):
        values = [step["value"] for step in (thresholds or {}).get("steps", [])]
        if values and (values[0] is not None or values[1:] != sorted(set(values[1:]))):
            yield Finding("own-threshold-order", where, f"thresholds do not start at nothing and ascend: {values}")


def _twice(dashboard: Json) -> Iterator[Finding]:
    seen: set[int] = set()
    for panel in (*panels_of(dashboard), *(its for its in dashboard["panels"] if its["type"] == "row")):
        if panel["id"] in seen:
            yield Finding("own-unique-id", panel.get("title", ""), f"the id {panel['id']} is there twice")
        seen.add(panel["id"])
        letters = [target["refId"] for target in panel.get("targets", [])]
        if len(set(letters)) != len(letters):
            yield Finding("own-unique-refid", panel.get("title", ""), f"a refId is there twice: {letters}")


def _grid(dashboard: Json) -> Iterator[Finding]:
    boxes: list[tuple[str, int, int, int, int]] = []
    for panel in dashboard["panels"]:
        place, title = panel["gridPos"], panel.get("title", "")
        box = (title, place["x"], place["y"], place["x"] + place["w"], place["y"] + place["h"])
        if box[3] > COLUMNS:
            yield Finding("own-grid", title, f"reaches column {box[3]} of {COLUMNS}")
        for other in boxes:
            if box[1] < other[3] and other[1] < box[3] and box[2] < other[4] and other[2] < box[4]:
                yield Finding("own-grid", title, f"lies over {other[0]}")
        boxes.append(box)
