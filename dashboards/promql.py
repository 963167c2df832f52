"""PromQL, the parts of every query: what is selected, rates, percentiles, and growth within a load stage."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.metric_names import PHASE

SERVICE = 'job="service"'  # the target under test
GENERATOR = 'job="generator"'  # the process that offers the load

SELECTED = 'testid="$testid", variant=~"$variant", trial=~"$trial", job=~"$job", instance=~"$instance"'
"""What the variables at the top of a dashboard choose; every selector holds it."""

PER_STEP = "$__rate_interval"  # Grafana: at least four scrapes, so that a rate never falls between two of them
WHOLE_RANGE = "$__range"  # the time shown


def selected(metric: str, *matchers: str) -> str:
    """Return a selector of the metric within what the dashboard's variables choose."""
    return f"{metric}{{{', '.join((SELECTED, *matchers))}}}"


def total(expression: str, *labels: str, operator: str = "sum") -> str:
    """Return the sum (or `max`, `min`, …) of an expression, by the given labels."""
    return f"{operator} by ({', '.join(labels)}) ({expression})" if labels else f"{operator}({expression})"


def rate(counter: str, *matchers: str) -> str:
    """Return the increase of a counter per second."""
    return f"rate({selected(counter, *matchers)}[{PER_STEP}])"


def increase(counter: str, *matchers: str) -> str:
    """Return the increase of a counter in each step, extrapolated to the step's ends as Prometheus does."""
    return f"increase({selected(counter, *matchers)}[{PER_STEP}])"


def growth(counter: str, *matchers: str) -> str:
    """Return by how much a counter grew within the time shown, exactly as scraped: nothing is extrapolated.

    A counter that was not there before the time shown began at zero then: what it counted until its first scrape is
    part of its growth, which `increase` would leave out.
    """
    series = selected(counter, *matchers)
    last = f"max_over_time({series}[{WHOLE_RANGE}])"
    before = f"max_over_time({series}[{PER_STEP}] offset {WHOLE_RANGE})"
    return f"({last} - ({before} or 0 * {last}))"


def quantile(percentile: float, buckets: str) -> str:
    """Return the percentile, 0 to 100, of histogram buckets that were summed by `le` and whatever else."""
    return f"histogram_quantile({percentile / 100:g}, {buckets})"


def percentile_over_time(histogram: str, percentile: float, *matchers: str, by: tuple[str, ...] = ()) -> str:
    """Return the percentile of what a histogram saw in each step."""
    return quantile(percentile, total(rate(f"{histogram}_bucket", *matchers), *by, "le"))


def percentile_of_range(histogram: str, percentile: float, *matchers: str, by: tuple[str, ...] = ()) -> str:
    """Return the percentile of everything that a histogram saw within the time shown."""
    return quantile(percentile, total(growth(f"{histogram}_bucket", *matchers), *by, "le"))


def mean_over_time(histogram: str, *matchers: str, by: tuple[str, ...] = ()) -> str:
    """Return the mean of what a histogram saw in each step."""
    summed, counted = (total(rate(f"{histogram}_{part}", *matchers), *by) for part in ("sum", "count"))
    return f"{summed} / {counted}"


def during_range(expression: str, function: str) -> str:
    """Return `max_over_time` or the like of an expression, step by step over the time shown."""
    return f"{function}(({expression})[{WHOLE_RANGE}:$__interval])"


def in_stage(metric: str, *matchers: str, stages: Sequence[str] = ()) -> str:
    """Return the series of a metric with the load stage that ran at each instant as the label `phase`.

    `stages` are matchers that leave stages out. Where two stages touch, one scrape may show both; `topk` takes one,
    because a doubled match is an error.
    """
    stage = f"topk by (variant, trial) (1, {selected(PHASE, *stages)} == 1)"
    return f"{selected(metric, *matchers)} * on (variant, trial) group_left (phase) {stage}"


def growth_by_stage(counter: str, *matchers: str, by: tuple[str, ...] = (), stages: Sequence[str] = ()) -> str:
    """Return by how much a counter grew between the first and the last scrape of each stage, by variant and stage.

    Differences of the counter, not rates: the window of a rate would reach back into the stage before.
    """
    within = in_stage(counter, *matchers, stages=stages)
    grown = f"{during_range(within, 'max_over_time')} - {during_range(within, 'min_over_time')}"
    return total(grown, "variant", "phase", *by)


def share(part: str, whole: str) -> str:
    """Return part / whole, and 0 where nothing of the part was ever counted but the whole was."""
    return f"({part} or 0 * {whole}) / {whole}"
