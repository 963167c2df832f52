"""LiveCourse: the last seconds of a running trial, for somebody who looks on. Memory does not grow with time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from loadtests.health import HealthSecond
from loadtests.histogram import Histogram, merged
from loadtests.sample import OK
from loadtests.second import TIMINGS, Second

SHOWN_S = 120
LATEST_S = 5
"""Over how many seconds the percentiles shown are taken."""


@dataclass(slots=True)
class LiveCourse:
    """Rates by second, the three latencies of the good answers of the last few, and every generator's health."""

    planned: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    health: dict[int, HealthSecond] = field(default_factory=dict)
    _recent: list[Second] = field(default_factory=list)

    def add(self, second: Second) -> None:
        """Count a part of a second."""
        self.planned[second.t] += second.planned
        self.answered[second.t] += second.outcomes[OK]
        self.failed[second.t] += second.failures
        self._recent.append(second)
        newest = max(self.planned)
        self._recent = [its for its in self._recent if its.t > newest - LATEST_S]
        for counted in (self.planned, self.answered, self.failed):
            for t in [t for t in counted if t <= newest - SHOWN_S]:
                del counted[t]

    def reported(self, health: HealthSecond) -> None:
        """Keep the latest that a generator said of itself."""
        self.health[health.worker] = health

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Return (second, offered, answered well, failed), in order; the last second is still filling."""
        return [(t, self.planned[t], self.answered[t], self.failed[t]) for t in sorted(self.planned)[:-1]]

    def latencies(self) -> dict[str, Histogram]:
        """Return the three latencies of the good answers of the last few seconds."""
        return {name: merged(its.ok[name] for its in self._recent) for name in TIMINGS}
