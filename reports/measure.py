"""Measure: what is computed from the requests of a stage, for one trial or for several together; no judgement here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from loadtests.histogram import Histogram, merged
from loadtests.judged import JudgedAnswer
from reports.recovering import recovery
from reports.slice import Slice
from scenarios.criterion import Criterion
from scenarios.indicator import OF_STREAMS, Indicator, IndicatorKind, Unit

PER_1000 = "per 1000 answered"
"""Aggregation of a number of busy cores: the seconds of CPU that a thousand good answers took."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An indicator and how it is condensed to one number: its p95, its rate, its mean."""

    indicator: Indicator
    aggregation: str
    percentile: float | None = None

    @classmethod
    def of(cls, indicator: Indicator, criterion: Criterion) -> Self:
        """Return what a criterion speaks of."""
        return cls(indicator, criterion.aggregation, criterion.percentile)

    @property
    def key(self) -> str:
        """A stable name, such as `latency p95` or `errors rate`."""
        how = f"p{self.percentile:g}" if self.percentile is not None else self.aggregation
        return f"{self.indicator.name} {how}"

    @property
    def title(self) -> str:
        """The name a reader sees, such as `p95 latency` or `errors`."""
        if self.percentile is not None:
            return f"p{self.percentile:g} {self.indicator.title}"
        prefix = {"avg": "mean ", "max": "longest "}.get(self.aggregation, "")
        return f"{prefix if self.indicator.kind is IndicatorKind.TIMING else ''}{self.indicator.title}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's number and what it rests on; NaN is "not measured", and `note` says why."""

    value: float
    samples: int
    note: str = ""


_NO_REQUEST = Reading(math.nan, 0, "no request was due")
_NO_ANSWER_JUDGED = Reading(math.nan, 0, "no answer was judged")


def cpu_per_1000(cores: Indicator) -> Measure:
    """Return the measure "CPU per 1 000 answered" for an indicator that counts busy cores."""
    return Measure(replace(cores, unit=Unit.SECONDS, title="CPU per 1\u202f000 answered"), PER_1000)


def read(measure: Measure, slices: Sequence[Slice]) -> Reading:
    """Return a measure over the given trials together: histograms merged, counts added, answers pooled."""
    match measure.indicator.kind:
        case IndicatorKind.TIMING:
            return _timing(measure, slices)
        case IndicatorKind.RATIO:
            return _ratio(measure, slices)
        case IndicatorKind.RATE:
            length_s = sum(its.stage_s for its in slices)
            answered = sum(its.answered_well for its in slices)
            planned = sum(its.planned for its in slices)
            return Reading(answered / length_s, planned) if length_s and planned else _NO_REQUEST
        case IndicatorKind.QUALITY:
            scores = [its.value for its in judged_answers(measure, slices)]
            return Reading(sum(scores) / len(scores), len(scores)) if scores else _NO_ANSWER_JUDGED
        case IndicatorKind.PROMQL:
            return _server(measure, slices)
        case IndicatorKind.RECOVERY:
            found = recovery(slices)
            return Reading(found.value_s, len(found.times_s), found.note)


def timing(indicator: Indicator, slices: Sequence[Slice], *, only: str = "") -> Histogram:
    """Return the merged histogram of a timing indicator; `only` may name one side, "ok" or "failed"."""
    sides = [only] if only else ["ok", "failed"]
    return merged(getattr(its.second, side)[indicator.name] for its in slices for side in sides)


def judged_answers(measure: Measure, slices: Sequence[Slice]) -> list[JudgedAnswer]:
    """Return the judged answers that a quality measure is the mean of."""
    return [answer for its in slices for answer in its.judged if answer.measure == measure.indicator.name]


def _timing(measure: Measure, slices: Sequence[Slice]) -> Reading:
    """Return a percentile with failures as infinitely slow; in a mean they count with the caller's whole patience."""
    good = timing(measure.indicator, slices, only="ok")
    planned = sum(its.planned for its in slices)
    missing = max(0, planned - good.total)
    if planned == 0:
        return _NO_REQUEST
    if measure.indicator.name in OF_STREAMS:
        return _of_events(measure, slices, good)
    if measure.percentile is not None:
        return Reading(good.quantile(measure.percentile / 100, infinite=missing), planned)
    if measure.aggregation == "max":
        return Reading(math.inf if missing else good.largest_s, planned)
    waited_s = sum(max(0, its.planned - its.second.ok[measure.indicator.name].total) * its.patience_s for its in slices)
    return Reading((good.sum_s + waited_s) / planned, planned)


def _of_events(measure: Measure, slices: Sequence[Slice], good: Histogram) -> Reading:
    """Return a timing of events: of good replies that have it, with failed requests as infinitely slow.

    A reply with a single event has no gap, and is none the slower for it.
    """
    if not good.total:
        return Reading(math.nan, 0, "no reply came as events")
    missing = sum(its.failed for its in slices)
    if measure.percentile is not None:
        return Reading(good.quantile(measure.percentile / 100, infinite=missing), good.total + missing)
    if measure.aggregation == "max":
        return Reading(math.inf if missing else good.largest_s, good.total + missing)
    waited_s = sum(its.failed * its.patience_s for its in slices)
    return Reading((good.sum_s + waited_s) / (good.total + missing), good.total + missing)


def _ratio(measure: Measure, slices: Sequence[Slice]) -> Reading:
    planned = sum(its.planned for its in slices)
    part = sum(its.failed if measure.indicator.name == "errors" else its.answered_well for its in slices)
    return Reading(part / planned, planned) if planned else _NO_REQUEST


def _server(measure: Measure, slices: Sequence[Slice]) -> Reading:
    """Return the mean over trials; one trial without its value makes the whole unmeasured."""
    found = [_server_value(measure, its) for its in slices]
    missing = [note for value, note in found if value is None]
    if missing or not found:
        measured = len(found) - len(missing)
        some = f"measured in {measured} of {len(found)} trials" if measured else ""
        return Reading(math.nan, 0, ": ".join(text for text in (some, *missing[:1]) if text))
    return Reading(sum(value or 0.0 for value, _ in found) / len(found), len(found))


def _server_value(measure: Measure, its: Slice) -> tuple[float | None, str]:
    """Return one trial's value and, where there is none, why."""
    for found in its.values:
        if found.name != measure.indicator.name or found.label:
            continue
        if found.value is None or not math.isfinite(found.value):
            return None, found.note.removeprefix("not measured: ") or "no number"
        if measure.aggregation != PER_1000:
            return found.value, ""
        if not its.answered_well:
            return None, "nothing was answered"
        return found.value * its.stage_s * 1000 / its.answered_well, ""
    return None, "nothing was read for it"
