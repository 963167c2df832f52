"""Variables: what `$name` in a query stands for, found and filled in as Grafana does it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.prometheus import Prometheus
from scenarios.errors import HarnessError

SCRAPE_INTERVAL_S = 1.0  # the data source's `timeInterval`

MOST_POINTS = 600
"""Points that a graph of usual width asks for."""

_REFERENCE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)")
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?(?P<label>\w+)\)", re.DOTALL)
_SPECIAL = re.compile(r"[\\^$*+?.()|{}\[\]]")


class UnknownVariableError(ValueError):
    """A query speaks of a variable that the dashboard does not have."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The time shown, in seconds since 1970."""

    start_unix: float
    end_unix: float

    def __post_init__(self) -> None:
        if not self.end_unix > self.start_unix:
            raise ValueError(f"the time shown must end after it starts: {self.start_unix} to {self.end_unix}")

    @property
    def step_s(self) -> int:
        """Seconds from one point of a graph to the next: never finer than the scrapes."""
        return max(math.ceil(SCRAPE_INTERVAL_S), math.ceil((self.end_unix - self.start_unix) / MOST_POINTS))

    def variables(self) -> dict[str, str]:
        """Return Grafana's own variables: the interval, the interval for rates, and the time shown.

        `$__rate_interval` is the longer of step + scrape and four scrapes, as Grafana documents it.
        """
        shown_s = round(self.end_unix - self.start_unix)
        rate_s = max(self.step_s + SCRAPE_INTERVAL_S, 4 * SCRAPE_INTERVAL_S)
        return {
            "__interval": f"{self.step_s}s",
            "__interval_ms": str(self.step_s * 1000),
            "__range": f"{shown_s}s",
            "__range_ms": str(shown_s * 1000),
            "__range_s": str(shown_s),
            "__rate_interval": f"{rate_s:g}s",
        }


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every `$name` and `${name}` filled in.

    Raises:
        UnknownVariableError: when a name has no value.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in values:
            raise UnknownVariableError(f"unknown variable ${name}")
        return values[name]

    return _REFERENCE.sub(value, text)


def names_in(text: str) -> set[str]:
    """Return the names of the variables that a text speaks of."""
    return {match[1] or match[2] for match in _REFERENCE.finditer(text)}


def resolved(
    dashboard: Mapping[str, Any],
    prometheus: Prometheus,
    window: TimeWindow,
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, str]:
    """Return the value of each variable of a dashboard as a freshly opened Grafana would fill it in.

    A variable takes what is `chosen`, else all where it knows All, else the first of its own query's answer.

    Raises:
        HarnessError: when a variable has no value to take, or Prometheus cannot be reached.
        ValueError: when a variable has a query of a kind that we do not use.
    """
    values = window.variables()
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if chosen and name in chosen:
            values[name] = _formatted(variable, chosen[name])
        elif variable["type"] == "datasource":
            values[name] = variable["query"]
        elif variable.get("includeAll") and variable.get("allValue"):
            values[name] = variable["allValue"]
        else:
            values[name] = _formatted(variable, _found(variable, values, prometheus, window)[:1])
    return values


def _found(
    variable: Mapping[str, Any], values: Mapping[str, str], prometheus: Prometheus, window: TimeWindow
) -> list[str]:
    query = interpolated(variable["query"], values)
    match = _LABEL_VALUES.fullmatch(query)
    if match is None:
        raise ValueError(f"variable {variable['name']}: {query!r} is not label_values(...)")
    found = prometheus.label_values(match["label"], match["selector"], window.start_unix, window.end_unix)
    if not found:
        raise HarnessError(
            f"there is no {variable['label']} in the time shown: {query} found nothing",
            hint="choose the time of a run, and the Prometheus that holds it",
        )
    return sorted(found, reverse=variable["sort"] == 2)  # Grafana: 1 ascending, 2 descending


def _formatted(variable: Mapping[str, Any], values: Sequence[str]) -> str:
    """Return chosen values as Grafana's Prometheus data source writes them into a query.

    Where several may be chosen they become a regular expression, each value escaped twice: for RE2, and for PromQL's
    string. A single choice is text and is only escaped for the string.
    """
    if not (variable.get("multi") or variable.get("includeAll")):
        return _quoted(values[0])
    escaped = [_quoted(_SPECIAL.sub(lambda match: f"\\{match[0]}", value)) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
