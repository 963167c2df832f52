"""Asking: run every query of a dashboard against a Prometheus, as Grafana would, and say what came back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.prometheus import Prometheus, QueryError, Series
from dashboards.variables import TimeWindow, UnknownVariableError, interpolated, resolved

MOST_SERIES = 30
"""More lines than this in one graph and nobody reads it."""

UNLIMITED = ("heatmap", "annotation")

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one query of a panel (or an annotation) brought: `error` is Prometheus's own words, empty when it answered.

    `expression` is the query as it was sent. `legend` names the series, `{{label}}` standing for a label's value.
    """

    panel_id: int
    panel: str
    kind: str
    ref_id: str
    expression: str
    legend: str
    series: tuple[Series, ...]
    error: str = ""

    @property
    def finite_values(self) -> int:
        """How many numbers came back, NaN and infinities aside."""
        return sum(math.isfinite(value) for series in self.series for _, value in series.points)

    @property
    def fault(self) -> str:
        """What a reader of the panel would miss: an error, nothing to see, or too much; empty when it is fine.

        A heatmap needs a series for every bucket and annotations one for every stage of every trial, so their number is
        not limited there.
        """
        if self.error:
            return self.error
        if not self.finite_values:
            return "no data" if not self.series else f"{len(self.series)} series without a finite value"
        if len(self.series) > MOST_SERIES and self.kind not in UNLIMITED:
            return f"{len(self.series)} series, more than {MOST_SERIES}"
        return ""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of time that an annotation marks."""

    title: str
    start_unix: float
    end_unix: float
    colour: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything a dashboard asked: the variables it chose, an answer per query, and the annotated regions."""

    window: TimeWindow
    variables: Mapping[str, str]
    panels: tuple[Answer, ...]
    annotations: tuple[Answer, ...]
    regions: tuple[Region, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Every query that brought nothing to see, with its panel and what it asked."""
        return tuple(
            f"{its.panel} ({its.ref_id}): {its.fault}: {its.expression}"
            for its in (*self.panels, *self.annotations)
            if its.fault
        )


def ask(
    dashboard: Mapping[str, Any],
    prometheus_url: str,
    start_unix: float,
    end_unix: float,
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> Answers:
    """Ask everything that a dashboard asks, over one window of time.

    Args:
        dashboard: the dashboard's JSON, as in the file.
        prometheus_url: where Prometheus answers, such as http://127.0.0.1:9090.
        start_unix: first second shown, since 1970.
        end_unix: last second shown.
        chosen: values for variables, by name; the others are found by their own queries.

    Raises:
        HarnessError: when Prometheus cannot be reached, or holds no run in the window.
    """
    prometheus = Prometheus(prometheus_url.rstrip("/"))
    window = TimeWindow(start_unix, end_unix)
    variables = resolved(dashboard, prometheus, window, chosen)
    panels = tuple(
        _asked(panel["id"], panel["title"], panel["type"], target, variables, prometheus, window)
        for panel in panels_of(dashboard)
        for target in panel.get("targets", [])
    )
    asked = [
        (its, _asked(0, its["name"], "annotation", its["target"], variables, prometheus, window))
        for its in dashboard["annotations"]["list"]
        if "target" in its
    ]
    regions = tuple(region for its, answer in asked for region in _regions(its, answer.series, window.step_s))
    return Answers(window, variables, panels, tuple(answer for _, answer in asked), regions)


def panels_of(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels of a dashboard that show something, also those folded away in rows."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def named(legend: str, labels: Mapping[str, str]) -> str:
    """Return a series' name: the legend with its labels filled in, or Grafana's own when it is left to it."""
    if legend == "__auto":
        return ", ".join(f'{key}="{value}"' for key, value in sorted(labels.items())) or "Value"
    return _LABEL.sub(lambda match: labels.get(match[1], ""), legend)


def _asked(
    panel_id: int,
    title: str,
    kind: str,
    target: Mapping[str, Any],
    variables: Mapping[str, str],
    prometheus: Prometheus,
    window: TimeWindow,
) -> Answer:
    expression, error = target["expr"], ""
    series: tuple[Series, ...] = ()
    try:
        expression = interpolated(expression, variables)
        if target.get("instant"):
            series = prometheus.at(expression, window.end_unix)
        else:
            series = prometheus.between(expression, window.start_unix, window.end_unix, window.step_s)
    except (QueryError, UnknownVariableError) as refused:
        error = str(refused)
    return Answer(panel_id, title, kind, target["refId"], expression, target.get("legendFormat", ""), series, error)


def _regions(annotation: Mapping[str, Any], series: Sequence[Series], step_s: float) -> Iterator[Region]:
    """Join points that are at most a step apart into one region, as Grafana does."""
    for its in series:
        title, times = named(annotation["titleFormat"], its.labels), [time for time, _ in its.points]
        start = 0
        for index, time in enumerate(times):
            if index + 1 == len(times) or times[index + 1] - time > step_s:
                yield Region(title, times[start], time, annotation["iconColor"])
                start = index + 1
