"""Indicator: a thing that can be measured and promised about; the built-in ones and those read by PromQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class IndicatorKind(StrEnum):
    """Where an indicator's numbers come from."""

    TIMING = "timing"  # a latency histogram of the generator, in seconds
    RATIO = "ratio"  # counts over counts, from the generator
    RATE = "rate"  # counts per second, from the generator
    QUALITY = "quality"  # judged answers, each between 0 and 1
    PROMQL = "promql"  # one number per trial and stage, from Prometheus
    RECOVERY = "recovery"  # how long after the start of a recovery stage the latency is as it was before the load


class Unit(StrEnum):
    """The base unit of an indicator's values."""

    SECONDS = "s"
    RATIO = "ratio"
    PER_SECOND = "per_s"
    BYTES = "bytes"
    CORES = "cores"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A named measure.

    `promql` holds `$window` and `$target` where the stage's length and the label matchers go. `by` names the label over
    whose values the query splits: such an indicator is shown as parts of a whole, and no objective speaks of it.
    """

    name: str
    kind: IndicatorKind
    unit: Unit
    title: str
    higher_is_better: bool = False
    promql: str | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        if (self.kind is IndicatorKind.PROMQL) != (self.promql is not None):
            raise ValueError(f"indicator {self.name}: a query belongs to PromQL indicators, and only to them")


BUILT_IN = {
    indicator.name: indicator
    for indicator in (
        Indicator("latency", IndicatorKind.TIMING, Unit.SECONDS, "latency"),
        Indicator("service_time", IndicatorKind.TIMING, Unit.SECONDS, "service time"),
        Indicator("ttfb", IndicatorKind.TIMING, Unit.SECONDS, "time to first byte"),
        Indicator("first_event", IndicatorKind.TIMING, Unit.SECONDS, "time to first event"),
        Indicator("event_gap", IndicatorKind.TIMING, Unit.SECONDS, "time between events"),
        Indicator("event_gap_max", IndicatorKind.TIMING, Unit.SECONDS, "longest time between events"),
        Indicator("waiting", IndicatorKind.TIMING, Unit.SECONDS, "waiting in a session"),
        Indicator("errors", IndicatorKind.RATIO, Unit.RATIO, "errors"),
        Indicator("goodput", IndicatorKind.RATIO, Unit.RATIO, "goodput", higher_is_better=True),
        Indicator("throughput", IndicatorKind.RATE, Unit.PER_SECOND, "throughput", higher_is_better=True),
        Indicator("recall@10", IndicatorKind.QUALITY, Unit.RATIO, "recall@10", higher_is_better=True),
        Indicator("relevant@10", IndicatorKind.QUALITY, Unit.RATIO, "relevant@10", higher_is_better=True),
        Indicator("mrr@10", IndicatorKind.QUALITY, Unit.RATIO, "MRR@10", higher_is_better=True),
        Indicator("recovery", IndicatorKind.RECOVERY, Unit.SECONDS, "recovery"),
    )
}
"""errors: failed / planned. goodput: answered well / planned. throughput: answered well per second.
recall@10: share of the exact top ten that the answer held. relevant@10: the known relevant document is among the ten.
mrr@10: mean of 1/rank of that document, 0 when it is not among the ten. recovery: seconds until p95 is back where it
was at the same rate before the peak; it is asked of stages of kind `recovery`."""

OF_STREAMS = ("first_event", "event_gap", "event_gap_max")
"""Timings that only replies of several events have: from the send to the first of them, mean and longest gap."""

OF_SESSIONS = ("waiting",)
"""Timings that only sessions have: their latency is the whole duration, `waiting` leaves the pauses out."""

QUALITY_DEPTH = 10
"""The 10 of recall@10 where nothing else is asked for."""

_QUALITY = re.compile(r"(recall|relevant|mrr)@([1-9]\d{0,2})")


def depth_of(name: str) -> int | None:
    """Return at how many documents a measure of quality looks, such as 20 for `recall@20`; None for other names."""
    match = _QUALITY.fullmatch(name)
    return int(match[2]) if match else None


def built_in(name: str) -> Indicator | None:
    """Return the built-in indicator of a name, also a measure of quality at any depth from 1 to 999; None if none."""
    match = _QUALITY.fullmatch(name)
    if name in BUILT_IN or match is None:
        return BUILT_IN.get(name)
    title = f"MRR@{match[2]}" if match[1] == "mrr" else name
    return Indicator(name, IndicatorKind.QUALITY, Unit.RATIO, title, higher_is_better=True)


LIVE_KINDS = (IndicatorKind.TIMING, IndicatorKind.RATIO, IndicatorKind.RATE)
"""What is known while the load runs; answers are judged, and Prometheus is asked, when it has ended."""

AGGREGATIONS = {
    IndicatorKind.TIMING: ("p(N)", "med", "avg", "max"),
    IndicatorKind.RATIO: ("rate",),
    IndicatorKind.RATE: ("rate",),
    IndicatorKind.QUALITY: ("avg",),
    IndicatorKind.PROMQL: ("value",),
    IndicatorKind.RECOVERY: ("value",),
}
"""Which k6 aggregations make sense for which kind of indicator."""
