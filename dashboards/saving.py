"""Saving: from a grafanalib dashboard to the text of the file, as a current Grafana would save it."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from itertools import count
from typing import Any

from grafanalib import core
from grafanalib._gen import DashboardEncoder

SCHEMA_VERSION = 42
"""The last schema of the classic form. Grafana refuses others in its v1 API, or migrates them with losses."""

_BUILT_IN_ANNOTATIONS = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}
_DASHBOARD_LEFTOVERS = ("__inputs", "gnetId", "hideControls", "id", "rows", "sharedCrosshair", "style", "version")
_PANEL_LEFTOVERS = ("cacheTimeout", "editable", "error", "height", "minSpan", "span", "maxPerRow", "repeatDirection")
_ROW_KEYS = ("collapsed", "gridPos", "id", "panels", "title", "type")
_VARIABLE_LEFTOVERS = ("auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags")


def finalise(dashboard: core.Dashboard) -> dict[str, Any]:
    """Return the dashboard as Grafana saves it: current schema, ids and refIds given, grafanalib's leftovers gone."""
    document: dict[str, Any] = json.loads(json.dumps(dashboard, cls=DashboardEncoder))
    for key in _DASHBOARD_LEFTOVERS:
        document.pop(key, None)
    ids = count(1)
    annotations = document["annotations"]["list"]
    document |= {
        "annotations": {"list": [_BUILT_IN_ANNOTATIONS, *annotations]},
        "fiscalYearStartMonth": 0,
        "panels": [_panel(panel, ids) for panel in document["panels"]],
        "preload": False,
        "schemaVersion": SCHEMA_VERSION,
        "templating": {"list": [_variable(its) for its in document["templating"]["list"]]},
        "timepicker": {},
        "weekStart": "",
    }
    pruned: dict[str, Any] = _without_nulls(document)
    return pruned


def to_text(document: dict[str, Any]) -> str:
    """Return the text of the file: keys sorted, two spaces, a newline at the end, so that a difference is readable."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _panel(panel: dict[str, Any], ids: Iterator[int]) -> dict[str, Any]:
    panel = panel | {"id": panel.get("id") or next(ids)}
    if panel["type"] == core.ROW_TYPE:
        row = {key: panel[key] for key in _ROW_KEYS}
        return row | {"panels": [_panel(inner, ids) for inner in panel["panels"]]}
    for key in _PANEL_LEFTOVERS:
        panel.pop(key, None)
    targets = zip(panel["targets"], string.ascii_uppercase, strict=False)
    panel["targets"] = [target | {"refId": target["refId"] or letter} for target, letter in targets]
    # what Grafana leaves out of the file when it is not used
    return {key: value for key, value in panel.items() if value not in (False, [])}


def _variable(variable: dict[str, Any]) -> dict[str, Any]:
    for key in _VARIABLE_LEFTOVERS:
        variable.pop(key)
    if not variable["hide"]:
        variable.pop("hide")
    variable |= {"current": {}, "options": [], "regex": variable["regex"] or ""}
    if variable["type"] == "query":
        return variable | {"definition": variable["query"]}
    for key in ("datasource", "sort"):
        variable.pop(key)
    return variable


def _without_nulls(value: Any) -> Any:
    """Drop nulls as JSON.stringify does in Grafana; the base step of thresholds keeps its `value: null`."""
    if isinstance(value, dict):
        return {key: _without_nulls(its) for key, its in value.items() if its is not None or key == "value"}
    return [_without_nulls(its) for its in value] if isinstance(value, list) else value
