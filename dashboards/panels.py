"""Panels: the few kinds of panel the dashboards are made of, each drawn the same way everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from grafanalib import core

from dashboards.colours import BY_THRESHOLD, objective_colours
from dashboards.grafana import LINE_STYLE, Panel, Target, field_config, override
from dashboards.settings import Limit
from dashboards.thresholds import Steps, lines, steps

AT_LEAST_ONE = {"axisSoftMax": 1}
"""An axis that reaches 1 also while nothing happens; Grafana's own would reach 100."""

NOTHING = "-"  # shown where a query has no answer


class Scale(Enum):
    """How the vertical axis of a graph is divided; latencies differ by powers of ten."""

    LINEAR = "linear"
    LOGARITHMIC = "log"


_SCALES: dict[Scale, dict[str, Any]] = {
    Scale.LINEAR: {},
    Scale.LOGARITHMIC: {"fillOpacity": 0, "scaleDistribution": {"log": 10, "type": "log"}},
}


@dataclass(frozen=True, slots=True)
class Axis:
    """The vertical axis of a graph: a unit of Grafana, a label where the unit is a bare number, and the scale."""

    unit: str
    label: str = ""
    scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True)
class Figure:
    """One number per variant over the time shown: what it is, how it is measured, and the colours it may take."""

    title: str
    description: str
    expression: str
    unit: str
    colours: Steps = field(default_factory=lambda: steps("text"))
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One query of a graph and how its series are named; `{{label}}` in the legend stands for a label's value."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: a query with one number per row, its unit, and the colours of its cells if any."""

    title: str
    expression: str
    unit: str = "short"
    decimals: int | None = None
    colours: Steps = field(default_factory=list)
    shown: bool = True


def tile(figure: Figure, variants: Sequence[str]) -> Panel:
    """Return a panel with a figure's number for each variant, the one that others are compared with first."""
    config = field_config(figure.unit, thresholds=figure.colours, colour=BY_THRESHOLD, noValue=NOTHING)
    if figure.decimals is not None:
        config["defaults"]["decimals"] = figure.decimals
    return Panel(
        core.STAT_TYPE,
        title=figure.title,
        description=figure.description,
        targets=[Target(expr=figure.expression, format="table", instant=True)],
        field_config=config,
        transformations=[_by_variant(variants)],
    )


def _by_variant(variants: Sequence[str]) -> dict[str, Any]:
    """Return the transformation that sorts by variant: by name, in the direction that puts the baseline on top."""
    descending = len(variants) > 1 and variants[0] > variants[-1]
    return {"id": "sortBy", "options": {"fields": {}, "sort": [{"desc": descending, "field": "variant"}]}}


def graph(
    title: str,
    description: str,
    queries: Sequence[Line],
    axis: Axis,
    *,
    limits: Sequence[Limit] = (),
    overrides: Sequence[Mapping[str, Any]] = (),
    custom: Mapping[str, Any] | None = None,
    **defaults: Any,
) -> Panel:
    """Return lines over time; `limits` are drawn as dashed lines across.

    `custom` changes how lines are drawn (`stacked()`); `defaults` are Grafana's: `min`, `max`.
    """
    style = LINE_STYLE | {"axisLabel": axis.label} | _SCALES[axis.scale] | dict(custom or {})
    asked, rules = list(queries), list(overrides)
    if limits and axis.scale is Scale.LINEAR:
        # the line must be in the picture also while everything stays far below it
        style |= {"thresholdsStyle": {"mode": "dashed"}, "axisSoftMax": float(f"{limits[-1].value * 1.05:.6g}")}
    elif limits:
        # a logarithmic axis knows no soft limit, so the line is a series of its own, which stretches the axis
        asked += [Line(f"vector({limit.value:g})", f"objective: {limit.value:g} {axis.unit}") for limit in limits]
        rules += [*objective_colours(limits)]
    config = field_config(
        axis.unit,
        thresholds=lines(limits) if limits else steps("green"),
        custom=style,
        overrides=rules,
        **({"min": 0} | defaults),
    )
    targets = [Target(expr=line.expression, legendFormat=line.legend) for line in asked]
    return Panel(core.TIMESERIES_TYPE, title=title, description=description, targets=targets, field_config=config)


def stacked() -> dict[str, Any]:
    """Return the style of parts that add up: filled areas on top of one another."""
    return {"fillOpacity": 70, "lineWidth": 0, "stacking": {"group": "A", "mode": "normal"}}


def heatmap(title: str, description: str, buckets: str) -> Panel:
    """Return how many observations fell into each latency bucket over time; `buckets` are summed by `le`."""
    config = field_config("short", custom={"hideFrom": dict(LINE_STYLE["hideFrom"])})
    target = Target(expr=buckets, legendFormat="{{le}}", format="heatmap")
    return Panel(core.HEATMAP_TYPE, title=title, description=description, targets=[target], field_config=config)


def table(
    title: str, description: str, keys: Mapping[str, str], columns: Sequence[Column], variants: Sequence[str] = ()
) -> Panel:
    """Return a table with one row per combination of the labels `keys` (label -> heading), one query per column.

    Rows come in the order of the first column's query; with `variants` those of one variant stand together.
    """
    targets = [Target(expr=column.expression, format="table", instant=True) for column in columns]
    value = {column.title: f"Value #{chr(ord('A') + index)}" for index, column in enumerate(columns)}
    if len(columns) == 1:
        value = {columns[0].title: "Value"}  # as Grafana names the field of an only query
    shown = [column for column in columns if column.shown]
    hidden = ["Time", *(value[column.title] for column in columns if not column.shown)]
    organise = {
        "excludeByName": dict.fromkeys(hidden, True),
        "includeByName": {},
        "indexByName": {name: index for index, name in enumerate((*keys, *value.values()))},
        "renameByName": dict(keys) | {value[column.title]: column.title for column in shown},
    }
    config = field_config(
        "short",
        # Grafana's own least width of 150 pixels would push the last columns out of sight
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "minWidth": 60},
        overrides=[_column(column) for column in shown],
        noValue=NOTHING,
    )
    return Panel(
        core.TABLE_TYPE,
        title=title,
        description=description,
        targets=targets,
        field_config=config,
        transformations=[
            {"id": "merge", "options": {}},
            *([_by_variant(variants)] if variants else []),
            {"id": "organize", "options": organise},
        ],
    )


def _column(column: Column) -> dict[str, Any]:
    properties: dict[str, Any] = {"unit": column.unit}
    if column.decimals is not None:
        properties["decimals"] = column.decimals
    if column.colours:
        properties |= {
            "thresholds": {"mode": "absolute", "steps": column.colours},
            "color": BY_THRESHOLD,
            "custom__cellOptions": {"type": "color-text"},
        }
    return override("byName", column.title, **properties)
