"""The parts of queries, answered by a real Prometheus."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards import promql
from dashboards.prometheus import Prometheus
from dashboards.variables import TimeWindow, interpolated

ALL = dict.fromkeys(("variant", "trial", "job", "instance"), ".+")
SENT = "loadtest_arrivals_sent_total"


def value(run: Any, expression: str, start: float, end: float) -> float:
    """Return the only value of an expression over a window, with every variable on All."""
    values = TimeWindow(start, end).variables() | ALL | {"testid": run.run_id}
    (series,) = Prometheus(run.url).at(interpolated(expression, values), end)
    return series.points[0][1]


def test_a_share_of_nothing_counted_is_zero(synthetic_run: Any) -> None:
    """A failure that never happened has no series: that is 0 % of errors, not an empty panel."""
    run = synthetic_run
    answered = promql.total(promql.selected("up"))
    found = value(run, promql.share("sum(nothing_has_this_name)", answered), run.start, run.start + 20)
    assert found == 0


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (-10, 60, 11_900),  # from before the trial: everything it sent, whenever it was scraped first
        (0, 3, 300),  # three seconds of 100
        (10, 16, 6 * 200),  # the 2x stage, from the scrape before it to its last
        (28, 40, 7 * 100),  # the recovery
    ],
)
def test_growth_is_exact_over_any_window(synthetic_run: Any, first: int, last: int, expected: int) -> None:
    """The first `after` trial sends 100 a second, then 200, 500, 1 000 and 100: counted, not extrapolated."""
    run, began = synthetic_run, synthetic_run.start + 42
    sent = promql.total(promql.growth(SENT, 'variant="after"', 'trial="1"'))
    assert value(run, sent, began + first, began + last) == expected


def test_a_window_that_begins_within_a_trial_leaves_out_what_was_before(synthetic_run: Any) -> None:
    """A stage is chosen by dragging over it: the counter's value at its start is taken off."""
    run, began = synthetic_run, synthetic_run.start + 42
    count = promql.total(promql.growth("loadtest_request_duration_seconds_count", 'variant="after"', 'trial="1"'))
    assert value(run, count, began + 22, began + 28) == 6 * 1000


@pytest.mark.parametrize(
    ("percentile", "expression"),
    [(95, "histogram_quantile(0.95, x)"), (99.9, "histogram_quantile(0.999, x)"), (50, "histogram_quantile(0.5, x)")],
)
def test_a_percentile_is_written_as_a_share(percentile: float, expression: str) -> None:
    """Prometheus wants 0.999, and no more digits than were meant."""
    assert promql.quantile(percentile, "x") == expression
