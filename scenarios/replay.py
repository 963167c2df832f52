"""Replay: production's own traffic offered again, from its access log: timing kept, rate multiplied by split gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scenarios.access_log import AccessLog


class Extra(StrEnum):
    """What the arrivals ask for that are put between recorded ones."""

    OTHER = "other"  # requests of the log that were not sent yet; when there are no more, never-seen ones
    NEVER_SEEN = "never_seen"  # recorded requests with a query that nobody asked before


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """Recorded requests that count as one operation: those whose `METHOD path` a pattern is found in."""

    name: str
    match: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look through the log found before the run: recorded requests in each second of the plan, at 1x.

    `begins_s` is the Unix time that second 0 of the plan stands for. `others` counts the requests elsewhere in the log
    that the plan's stretch does not hold, each once; None when nobody asked.
    """

    begins_s: float
    per_second: tuple[int, ...]
    others: int | None = None
    notes: tuple[str, ...] = ()

    def recorded(self, start_s: float, end_s: float) -> float:
        """Return how many requests were recorded between two instants of the plan; of a cut second, its share."""
        seconds = range(math.floor(start_s), min(math.ceil(end_s), len(self.per_second)))
        return sum(self.per_second[its] * (min(end_s, its + 1) - max(start_s, its)) for its in seconds)


@dataclass(frozen=True, slots=True)
class Replay:
    """How a log is replayed, from Unix time `begins_s` on, by default from its first request.

    `query` names the URL parameter that holds the query, for requests of which a never-seen variant is needed.
    `repeat` allows the extra arrivals to ask again what the log asked, and begins the log again when it ends.
    """

    log: AccessLog
    operations: tuple[LoggedOperation, ...] = (LoggedOperation("request", ""),)
    begins_s: float | None = None
    query: str = ""
    extra: Extra = Extra.OTHER
    repeat: bool = False
    survey: Survey | None = None
