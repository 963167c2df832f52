"""The kinds of panel and their colours."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from grafanalib._gen import DashboardEncoder

from dashboards.colours import BLUE, GREY, PURPLE, objective_colours, variant_colours
from dashboards.panels import Axis, Column, Figure, Line, Scale, graph, table, tile
from dashboards.settings import Limit
from scenarios.objective import Severity


def as_json(panel: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(panel, cls=DashboardEncoder))
    return document


def colour_of(rules: list[dict[str, Any]], legend: str) -> str | None:
    """Return the colour that overrides give to a series, as Grafana matches them."""
    for rule in rules:
        if re.search(rule["matcher"]["options"].strip("/"), legend):
            for its in rule["properties"]:
                if its["id"] == "color":
                    return its["value"]["fixedColor"]
    return None


@pytest.mark.parametrize(
    ("variants", "descending"),
    [(("before", "after"), True), (("a", "b"), False), (("service",), False), ((), False)],
)
def test_the_baseline_comes_first(variants: tuple[str, ...], descending: bool) -> None:
    """Grafana sorts by name: the direction is the one in which the first variant leads."""
    figure = Figure("Errors", "Failed requests.", "x", "percentunit")
    panel = as_json(tile(figure, variants))
    sort = [{"desc": descending, "field": "variant"}]
    assert panel["transformations"] == [{"id": "sortBy", "options": {"fields": {}, "sort": sort}}]


@pytest.mark.parametrize(
    ("variants", "legend", "colour"),
    [
        (("before", "after"), "before", GREY),
        (("before", "after"), "before, client", GREY),
        (("before", "after"), "after, client", BLUE),
        (("before", "after"), "afterwards", None),
        (("before", "after", "new"), "new", PURPLE),
        (("service",), "service", BLUE),
        (("v1.0", "v2"), "v1x0", None),
    ],
)
def test_a_variant_has_one_colour_everywhere(variants: tuple[str, ...], legend: str, colour: str | None) -> None:
    """The one that others are compared with is grey; a variant alone is not."""
    assert colour_of(variant_colours(variants), legend) == colour


def test_an_objective_that_warns_is_amber_and_one_that_fails_is_red() -> None:
    """On a logarithmic axis the limit is a series of its own, named with its value and unit."""
    limits = [Limit(0.1, Severity.WARN), Limit(0.25, Severity.FAIL)]
    panel = as_json(
        graph("Latency", "How long.", [Line("x", "p95")], Axis("s", scale=Scale.LOGARITHMIC), limits=limits)
    )
    assert [(its["expr"], its["legendFormat"]) for its in panel["targets"]] == [
        ("x", "p95"),
        ("vector(0.1)", "objective: 0.1 s"),
        ("vector(0.25)", "objective: 0.25 s"),
    ]
    rules = objective_colours(limits)
    assert colour_of(rules, "objective: 0.1 s") == "orange"
    assert colour_of(rules, "objective: 0.25 s") == "red"
    assert colour_of(rules, "p95") is None


def test_a_table_names_its_columns_and_hides_what_only_sorts() -> None:
    """Grafana calls the values of several queries `Value #A`, `Value #B`; readers see headings."""
    columns = [Column("Began", "a", shown=False), Column("Due", "b", "locale", 0)]
    panel = as_json(table("Counts", "How many.", {"trial": "Trial"}, columns))
    merge, organise = panel["transformations"]
    assert merge == {"id": "merge", "options": {}}
    assert organise["options"]["excludeByName"] == {"Time": True, "Value #A": True}
    assert organise["options"]["renameByName"] == {"trial": "Trial", "Value #B": "Due"}
    assert organise["options"]["indexByName"] == {"trial": 0, "Value #A": 1, "Value #B": 2}


def test_the_only_query_of_a_table_has_no_letter() -> None:
    """Grafana calls the value of an only query `Value`."""
    panel = as_json(
        table("What ran", "Settings.", {"variant": "Variant"}, [Column("Seen", "a", shown=False)], ("b", "a"))
    )
    assert [its["id"] for its in panel["transformations"]] == ["merge", "sortBy", "organize"]
    assert panel["transformations"][-1]["options"]["excludeByName"] == {"Time": True, "Value": True}
