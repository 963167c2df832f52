"""Limits as Grafana's coloured steps."""

from __future__ import annotations

import pytest

from dashboards.settings import Limit
from dashboards.thresholds import bands, lines, steps
from scenarios.objective import Severity

FAIL, WARN = Severity.FAIL, Severity.WARN


def colours(given: list[dict]) -> list[tuple[float | None, str]]:
    return [(step["value"], step["color"]) for step in given]


def test_a_limit_is_a_line_in_the_colour_of_what_breaking_it_means() -> None:
    """Red fails the run, amber warns; everything below has no line."""
    drawn = lines([Limit(0.1, WARN), Limit(0.2, FAIL)])
    assert colours(drawn) == [(None, "green"), (0.1, "orange"), (0.2, "red")]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([], [(None, "green")]),
        ([Limit(0.1, FAIL)], [(None, "green"), (0.08, "orange"), (0.1, "red")]),
        ([Limit(0.1, WARN), Limit(0.2, FAIL)], [(None, "green"), (0.08, "orange"), (0.1, "orange"), (0.2, "red")]),
        ([Limit(0, FAIL)], [(None, "green"), (0, "red")]),
        ([Limit(0.99, FAIL, True)], [(None, "red"), (0.99, "green")]),
        ([Limit(0.8, FAIL, True), Limit(0.9, WARN, True)], [(None, "red"), (0.8, "orange"), (0.9, "green")]),
    ],
)
def test_a_value_is_coloured_by_how_it_stands_to_its_limits(
    limits: list[Limit], expected: list[tuple[float | None, str]]
) -> None:
    """Green well inside, amber within a fifth of the first limit, then the limit's own; limits from below mirror it."""
    assert colours(bands(limits)) == expected


def test_steps_that_do_not_ascend_are_refused() -> None:
    """Grafana would draw them in an order nobody meant."""
    with pytest.raises(ValueError, match="must ascend"):
        steps("green", (2, "red"), (1, "orange"))
