"""The file as a current Grafana saves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.asking import panels_of
from dashboards.saving import to_text

LEFTOVERS = {
    "__inputs", "rows", "sharedCrosshair", "style", "hideControls", "gnetId", "span", "minSpan", "error", "height",
    "maxDataPoints", "intervalFactor", "tagsQuery", "useTags", "tagValuesQuery", "cacheTimeout",
}  # fmt: skip


def entries(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, its in value.items():
            yield key, its
            yield from entries(its)
    elif isinstance(value, list):
        for its in value:
            yield from entries(its)


def test_the_schema_is_the_current_one(dashboards: dict[str, dict]) -> None:
    """An older one would be migrated on load, and lose the shared crosshair on the way."""
    for dashboard in dashboards.values():
        assert dashboard["schemaVersion"] == 42
        assert dashboard["graphTooltip"] == 1
        assert dashboard["editable"] is False
        assert "id" not in dashboard


def test_nothing_of_grafanalibs_older_forms_is_left(dashboards: dict[str, dict]) -> None:
    """Keys that Grafana dropped years ago are not in the file."""
    for dashboard in dashboards.values():
        assert not {key for key, _ in entries(dashboard)} & LEFTOVERS


def test_only_the_base_step_of_thresholds_is_null(dashboards: dict[str, dict]) -> None:
    """Grafana writes no nulls but this one, which means minus infinity."""
    for dashboard in dashboards.values():
        assert {key for key, value in entries(dashboard) if value is None} == {"value"}


def test_every_query_says_where_and_how_it_is_asked(dashboards: dict[str, dict]) -> None:
    """Each target has the chosen data source, a letter, and is either instant or a range."""
    for dashboard in dashboards.values():
        for panel in panels_of(dashboard):
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            for letter, target in zip("ABCDEFGH", panel["targets"], strict=False):
                assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
                assert target["refId"] == letter
                assert target["instant"] is not target["range"]


def test_the_newest_run_is_chosen_first_and_all_of_its_parts(dashboards: dict[str, dict]) -> None:
    """A run's name begins with its time, so descending order is newest first; the rest defaults to All."""
    for dashboard in dashboards.values():
        variables = {its["name"]: its for its in dashboard["templating"]["list"]}
        assert list(variables) == ["datasource", "testid", "variant", "trial", "job", "instance"]
        assert variables["testid"]["sort"] == 2
        assert variables["testid"]["includeAll"] is False
        assert all(variables[name]["allValue"] == ".+" for name in ("variant", "trial", "job", "instance"))


def test_the_text_is_sorted_and_ends_with_a_newline() -> None:
    """A difference between two files is then a difference between two dashboards."""
    assert to_text({"b": 1, "a": [{"d": "ü", "c": None}]}) == (
        '{\n  "a": [\n    {\n      "c": null,\n      "d": "ü"\n    }\n  ],\n  "b": 1\n}\n'
    )


@pytest.mark.parametrize("uid", ["loadtest-overview", "loadtest-internals", "loadtest-parts"])
def test_the_text_reads_back_as_the_dashboard(dashboards: dict[str, dict], uid: str) -> None:
    """What is written is what was meant."""
    assert json.loads(to_text(dashboards[uid])) == dashboards[uid]
