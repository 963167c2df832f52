"""What `$name` in a query stands for."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.prometheus import Prometheus
from dashboards.variables import TimeWindow, UnknownVariableError, interpolated, names_in, resolved

WINDOW = TimeWindow(1000.0, 1168.0)
NOWHERE = Prometheus("http://127.0.0.1:9")


def dashboard(*variables: dict[str, Any]) -> dict[str, Any]:
    return {"templating": {"list": list(variables)}}


def one_of(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "query", "query": f"label_values(x, {name})", "sort": 1, **more}


ONE = one_of("testid")
MANY = one_of("variant", multi=True, includeAll=True, allValue=".+")


@pytest.mark.parametrize(
    ("length_s", "step_s", "rate", "shown"),
    [
        (168, 1, "4s", "168s"),  # four scrapes, the least Grafana takes
        (600, 1, "4s", "600s"),
        (601, 2, "4s", "601s"),
        (3600, 6, "7s", "3600s"),  # a step and a scrape, once that is longer
    ],
)
def test_grafanas_own_variables_follow_the_time_shown(length_s: int, step_s: int, rate: str, shown: str) -> None:
    """Never finer than a scrape a second, at most 600 points, and a rate over at least four scrapes."""
    window = TimeWindow(1000.0, 1000.0 + length_s)
    values = window.variables()
    assert window.step_s == step_s
    assert values["__interval"] == f"{step_s}s"
    assert values["__rate_interval"] == rate
    assert values["__range"] == shown


def test_an_empty_window_is_refused() -> None:
    """Nothing can be asked over no time."""
    with pytest.raises(ValueError, match="must end after it starts"):
        TimeWindow(5.0, 5.0)


def test_names_are_filled_in_whichever_way_they_are_written() -> None:
    """Both `$name` and `${name}`, with or without a format, and nothing else."""
    assert interpolated('x{a="$run", b="${run}", c="${run:regex}"} $', {"run": "r1"}) == 'x{a="r1", b="r1", c="r1"} $'
    assert names_in('x{a="$run"}[$__range]') == {"run", "__range"}


def test_an_unknown_name_is_an_error() -> None:
    """Grafana would send it as it stands, and Prometheus would find nothing and say nothing."""
    with pytest.raises(UnknownVariableError, match=r"unknown variable \$nobody"):
        interpolated("x{a=~'$nobody'}", {"run": "r1"})


@pytest.mark.parametrize(
    ("variable", "values", "expected"),
    [
        (ONE, ["a.b"], "a.b"),  # text for `=`
        (ONE, ['a"b\\c'], 'a\\"b\\\\c'),
        (MANY, ["a.b"], "a\\\\.b"),  # a regular expression for `=~`, within a PromQL string
        (MANY, ["a", "b(1)"], "(a|b\\\\(1\\\\))"),
    ],
)
def test_chosen_values_are_written_as_grafana_writes_them(
    variable: dict[str, Any], values: list[str], expected: str
) -> None:
    """One choice is text, several are a regular expression with each value escaped for RE2 and for the string."""
    found = resolved(dashboard(variable), NOWHERE, WINDOW, {variable["name"]: values})
    assert found[variable["name"]] == expected


def test_all_stands_for_anything() -> None:
    """A variable that knows All starts with it, without asking Prometheus."""
    assert resolved(dashboard(MANY), NOWHERE, WINDOW)["variant"] == ".+"


def test_a_query_of_another_kind_is_refused() -> None:
    """What is not emulated is not guessed."""
    with pytest.raises(ValueError, match=r"is not label_values"):
        resolved(dashboard({**ONE, "query": "query_result(x)"}), NOWHERE, WINDOW)
