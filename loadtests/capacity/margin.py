"""Margin: how far a probe stayed from the limits of the objectives, with its standard error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import stdev

from loadtests.capacity.probe import FURTHEST
from loadtests.histogram import Histogram, merged
from loadtests.sample import OK
from loadtests.second import Second
from scenarios.criterion import Criterion
from scenarios.errors import HarnessError
from scenarios.indicator import IndicatorKind
from scenarios.objective import Objective

BLOCKS = 6  # of a probe's seconds, resampled whole: neighbouring seconds resemble each other
DRAWS = 60
LEAST_ERROR = 1e-3


@dataclass(frozen=True, slots=True)
class Margin:
    """ln(value / limit) of one criterion and its standard error; below zero it holds."""

    text: str
    value: float
    error: float


def limits(objectives: Sequence[Objective]) -> list[tuple[Objective, Criterion]]:
    """Return the promises that a rate can break: levels of durations, errors and goodput.

    Raises:
        HarnessError: when there is none.
    """
    found: dict[str, tuple[Objective, Criterion]] = {}
    for objective in objectives:
        for criterion in objective.criteria:
            if criterion.change is None and objective.indicator.kind in (IndicatorKind.TIMING, IndicatorKind.RATIO):
                found.setdefault(text_of(objective, criterion), (objective, criterion))
    if not found:
        raise HarnessError(
            "the scenario promises nothing that a higher rate could break",
            hint="add an objective such as {indicator: latency, criteria: ['p(95)<100ms']}",
        )
    return list(found.values())


def worst_margin(promises: Sequence[tuple[Objective, Criterion]], seconds: Sequence[Second], rng: Random) -> Margin:
    """Return the margin nearest to its limit, or furthest beyond it."""
    return max((_margin(*promise, seconds, rng) for promise in promises), key=lambda its: its.value)


def _margin(objective: Objective, criterion: Criterion, seconds: Sequence[Second], rng: Random) -> Margin:
    mine = [its for its in seconds if objective.operation in (None, its.operation)]
    text = text_of(objective, criterion)
    if objective.indicator.kind is IndicatorKind.RATIO:
        return Margin(text, *_ratio(criterion, mine, objective.indicator.higher_is_better))

    def value(part: Sequence[Second]) -> float:
        return _log(_timing(objective.indicator.name, criterion, part), criterion.limit)

    return Margin(text, value(mine), max(_spread(value, mine, rng), LEAST_ERROR))


def text_of(objective: Objective, criterion: Criterion) -> str:
    """Return a promise in words, such as `latency p(95)<100ms`."""
    where = f" of {objective.operation}" if objective.operation else ""
    return f"{objective.indicator.title}{where} {criterion.text}"


def _ratio(criterion: Criterion, seconds: Sequence[Second], share_of_good: bool) -> tuple[float, float]:
    """Return the logarithm of failures over those allowed, half a failure added so that none has a margin too."""
    planned = sum(max(its.planned, its.finished) for its in seconds)
    failed = planned - sum(its.outcomes[OK] for its in seconds)
    allowed = 1 - criterion.limit if share_of_good else criterion.limit
    if not planned or allowed <= 0:
        return (FURTHEST if failed or not planned else -FURTHEST), LEAST_ERROR
    observed = (failed + 0.5) / (planned + 1)
    # delta method for the logarithm of a binomial share
    return _log(observed, allowed), math.sqrt(max(1 / (failed + 0.5) - 1 / (planned + 1), LEAST_ERROR**2))


def _timing(name: str, criterion: Criterion, seconds: Sequence[Second]) -> float:
    """Return a percentile in seconds with failures as infinitely slow, or the mean or largest of the good answers."""
    good = _good(name, seconds)
    missing = sum(max(its.planned, its.finished) for its in seconds) - good.total
    if criterion.percentile is not None:
        return good.quantile(criterion.percentile / 100, infinite=max(0, missing))
    if missing > 0 or not good.total:
        return math.inf
    return good.largest_s if criterion.aggregation == "max" else good.mean_s


def _good(name: str, seconds: Sequence[Second]) -> Histogram:
    return merged(its.ok[name] for its in seconds)


def _log(value: float, limit: float) -> float:
    if math.isnan(value) or math.isinf(value):
        return FURTHEST
    return min(max(math.log(max(value, 1e-9) / max(limit, 1e-9)), -FURTHEST), FURTHEST)


def _spread(value: Callable[[Sequence[Second]], float], seconds: Sequence[Second], rng: Random) -> float:
    """Return the standard deviation of a value over resampled blocks of seconds (block bootstrap, Künsch 1989)."""
    blocks = list(_blocks(seconds))
    if len(blocks) < 2:
        return 0.0
    drawn = [value([second for block in rng.choices(blocks, k=len(blocks)) for second in block]) for _ in range(DRAWS)]
    return stdev(drawn)


def _blocks(seconds: Sequence[Second]) -> Iterator[list[Second]]:
    times = sorted({its.t for its in seconds})
    length = max(1, round(len(times) / BLOCKS))
    for start in range(0, len(times), length):
        chosen = set(times[start : start + length])
        yield [its for its in seconds if its.t in chosen]
