"""Panels on the grid."""

from __future__ import annotations

import pytest
from grafanalib import core

from dashboards.grafana import Panel, field_config
from dashboards.layout import Box, Row, laid_out, line, side_by_side


def panel(title: str) -> Panel:
    return Panel(core.TABLE_TYPE, title=title, description="", targets=[], field_config=field_config("s"))


def places(rows: list[Row]) -> dict[str, tuple[int, int, int, int]]:
    return {its.title: (its.gridPos.x, its.gridPos.y, its.gridPos.w, its.gridPos.h) for its in laid_out(rows)}


def test_panels_stand_side_by_side_and_rows_below_one_another() -> None:
    """A row's title takes one line; the next row begins below the tallest column."""
    rows = [
        Row("one", (line(Box(panel("a"), 12, 8), (Box(panel("b"), 12, 4), Box(panel("c"), 12, 5))),)),
        Row("two", side_by_side([panel("d"), panel("e")], 7)),
    ]
    assert places(rows) == {
        "one": (0, 0, 24, 1),
        "a": (0, 1, 12, 8),
        "b": (12, 1, 12, 4),
        "c": (12, 5, 12, 5),
        "two": (0, 10, 24, 1),
        "d": (0, 11, 12, 7),
        "e": (12, 11, 12, 7),
    }


def test_five_panels_fill_a_line_of_three_and_one_of_two() -> None:
    """Each line takes the whole width, whatever is left for it."""
    lines = side_by_side([panel(its) for its in "abcde"], 7)
    assert [[box.width for (box,) in its] for its in lines] == [[8, 8, 8], [12, 12]]


def test_a_line_wider_than_the_grid_is_refused() -> None:
    """Grafana would move the last panel somewhere else."""
    with pytest.raises(ValueError, match="26 columns wide"):
        laid_out([Row("one", (line(Box(panel("a"), 13, 8), Box(panel("b"), 13, 8)),))])


def test_a_column_of_different_widths_is_refused() -> None:
    """What stands below one another must have one width, or it would overlap its neighbour."""
    with pytest.raises(ValueError, match="differ in width"):
        laid_out([Row("one", (line((Box(panel("a"), 12, 8), Box(panel("b"), 11, 8))),))])
