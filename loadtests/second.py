"""Second: all samples of one operation due in one second, mergeable across workers and flushes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.histogram import Histogram
from loadtests.sample import OK, UNSENT, Sample

TIMINGS = ("latency", "service_time", "ttfb")
"""The three latencies: from the intended start, from the actual send, and from the send to the first byte."""


class _Timings(dict[str, Histogram]):
    """Histograms by name: the three latencies, and whatever else was measured of some requests."""

    def __init__(self) -> None:
        super().__init__({name: Histogram() for name in TIMINGS})

    def __missing__(self, name: str) -> Histogram:
        histogram = self[name] = Histogram()
        return histogram


@dataclass(slots=True)
class Second:
    """What became of the requests of one operation and stage that were due in second `t` of the plan.

    `planned` counts arrivals due; `outcomes` counts what became of them. `ok` and `failed` hold the three latencies of
    the answered and of the failed requests apart, so that percentiles can be computed over all, over the good ones,
    and with failures as infinitely slow.
    """

    t: int
    stage: str
    operation: str
    planned: int = 0
    size_bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ok: dict[str, Histogram] = field(default_factory=_Timings)
    failed: dict[str, Histogram] = field(default_factory=_Timings)

    def add(self, sample: Sample) -> None:
        """Count one finished request."""
        self.outcomes[sample.outcome] += 1
        self.size_bytes += sample.size_bytes
        side = self.ok if sample.outcome == OK else self.failed
        side["latency"].add(sample.latency_s)
        if sample.service_time_s is not None:
            side["service_time"].add(sample.service_time_s)
        if sample.ttfb_s is not None:
            side["ttfb"].add(sample.ttfb_s)

    def merge(self, other: Second) -> None:
        """Count all of another part of the same second, from another worker or a later flush."""
        self.planned += other.planned
        self.size_bytes += other.size_bytes
        self.outcomes.update(other.outcomes)
        for mine, theirs in ((self.ok, other.ok), (self.failed, other.failed)):
            for name, histogram in theirs.items():
                mine[name].merge(histogram)

    @property
    def finished(self) -> int:
        """Requests with an outcome."""
        return self.outcomes.total()

    @property
    def failures(self) -> int:
        """Requests with any outcome but ok."""
        return self.outcomes.total() - self.outcomes[OK]

    @property
    def sent(self) -> int:
        """Requests that left for the target."""
        return self.outcomes.total() - self.outcomes[UNSENT]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal second."""
        return {
            "t": self.t,
            "stage": self.stage,
            "operation": self.operation,
            "planned": self.planned,
            "bytes": self.size_bytes,
            "outcomes": dict(self.outcomes),
            "ok": _written(self.ok),
            "failed": _written(self.failed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Second:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a second.
        """
        second = cls(int(data["t"]), str(data["stage"]), str(data["operation"]))
        second.planned, second.size_bytes = int(data["planned"]), int(data["bytes"])
        second.outcomes = Counter({str(name): int(count) for name, count in data["outcomes"].items()})
        for side, written in ((second.ok, data["ok"]), (second.failed, data["failed"])):
            side.update({name: Histogram.from_json(its) for name, its in written.items()})
        return second


def _written(side: Mapping[str, Histogram]) -> dict[str, Any]:
    return {name: histogram.to_json() for name, histogram in side.items() if histogram.total}
