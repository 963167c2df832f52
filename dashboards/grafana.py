"""Grafana's elements that grafanalib 0.7 cannot express: panels and targets as a current Grafana saves them.

grafanalib describes Grafana 6 to 8. Its Panel, Target, Template, Row and Dashboard are still the way in; what it gets
wrong about today's files is replaced here, and `saving` strips what it leaves behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from grafanalib import core

from dashboards.thresholds import Steps, steps

PLUGIN_VERSION = "13.2.0"
"""Keeps the panel plugins of Grafana from running the migrations meant for older files."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

OPTIONS: Mapping[str, dict[str, Any]] = {
    core.TIMESERIES_TYPE: {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"hideZeros": False, "mode": "multi", "sort": "desc"},
    },
    core.STAT_TYPE: {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "horizontal",
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": True},
        "showPercentChange": False,
        "text": {"titleSize": 15, "valueSize": 28},
        "textMode": "value_and_name",
        "wideLayout": True,
    },
    core.HEATMAP_TYPE: {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": "short"},
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"},
    },
    core.TABLE_TYPE: {"cellHeight": "sm", "showHeader": True},
}
"""The options of each kind of panel in use, every one written out as Grafana does."""

LINE_STYLE: dict[str, Any] = {
    "axisBorderShow": False,
    "axisCenteredZero": False,
    "axisColorMode": "text",
    "axisLabel": "",
    "axisPlacement": "auto",
    "barAlignment": 0,
    "barWidthFactor": 0.6,
    "drawStyle": "line",
    "fillOpacity": 8,
    "gradientMode": "none",
    "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    "insertNulls": False,
    "lineInterpolation": "linear",
    "lineWidth": 2,
    "pointSize": 5,
    "scaleDistribution": {"type": "linear"},
    "showPoints": "never",
    "spanNulls": False,
    "stacking": {"group": "A", "mode": "none"},
    "thresholdsStyle": {"mode": "off"},
}
"""How a time series is drawn unless a panel says otherwise."""


class Target(core.Target):  # type: ignore[misc]  # grafanalib has no types
    """A Prometheus query of a panel; grafanalib's own lacks `range` and adds leftovers of Graphite."""

    def to_json_data(self) -> dict[str, Any]:
        """Return the keys that Grafana's Prometheus query editor saves."""
        data = {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "exemplar": False,
            "expr": self.expr,
            "instant": self.instant,
            "legendFormat": self.legendFormat or "__auto",
            "range": not self.instant,
            "refId": self.refId,
        }
        return data if self.format == core.TIME_SERIES_TARGET_FORMAT else data | {"format": self.format}


class Panel(core.Panel):  # type: ignore[misc]  # grafanalib has no types
    """A panel of any kind in `OPTIONS`: its field config and options are given, the rest is grafanalib's."""

    def __init__(
        self,
        kind: str,
        *,
        title: str,
        description: str,
        targets: Sequence[Target],
        field_config: Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
        transformations: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(
            dataSource=dict(DATASOURCE),
            title=title,
            description=description,
            targets=list(targets),
            transformations=list(transformations),
            maxDataPoints=None,  # grafanalib's 100 would draw a hundred points over any width
        )
        self.kind = kind
        self.field_config = field_config
        self.options = deepcopy(OPTIONS[kind]) | dict(options or {})

    def to_json_data(self) -> dict[str, Any]:
        """Return the panel as JSON; the grid position is set by the layout."""
        own = {"type": self.kind, "pluginVersion": PLUGIN_VERSION, "options": self.options}
        data: dict[str, Any] = self.panel_json(own)
        return data | {"fieldConfig": dict(self.field_config)}


def field_config(
    unit: str,
    *,
    thresholds: Steps | None = None,
    colour: Mapping[str, Any] | None = None,
    custom: Mapping[str, Any] | None = None,
    overrides: Sequence[Mapping[str, Any]] = (),
    **defaults: Any,
) -> dict[str, Any]:
    """Return a panel's field config: the unit, the threshold steps, how series are coloured, and further `defaults`.

    `defaults` are Grafana's own keys: `decimals`, `min`, `max`, `noValue`.
    """
    shared = {
        "color": dict(colour or {"mode": "palette-classic"}),
        "custom": dict(custom or {}),
        "mappings": [],
        "thresholds": {"mode": "absolute", "steps": thresholds or steps("green")},
        "unit": unit,
    }
    return {"defaults": shared | defaults, "overrides": [dict(its) for its in overrides]}


def override(matcher: str, options: str, **properties: Any) -> dict[str, Any]:
    """Return a field override, `override("byRegexp", "/^before/", color=...)`; `__` in a name stands for its dot."""
    return {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()],
    }
