"""Clock: time as an argument. The plan's clock counts seconds from the plan's start; tests bring one of their own."""

from __future__ import annotations

import time
from typing import Protocol, Self


class Clock(Protocol):
    """Seconds since the plan began; negative before that. Never goes back."""

    def now_s(self) -> float:
        """Return the time on the plan's clock."""
        ...


class PlanClock:
    """The machine's monotonic clock, shifted so that the plan begins at 0."""

    def __init__(self, begins_in_s: float) -> None:
        self.origin_s = time.perf_counter() + begins_in_s
        self.origin_unix = time.time() + begins_in_s

    @classmethod
    def at(cls, origin_s: float) -> Self:
        """Return a clock that shows 0 when `time.perf_counter()` shows `origin_s`."""
        return cls(origin_s - time.perf_counter())

    def now_s(self) -> float:
        """Return the time on the plan's clock."""
        return time.perf_counter() - self.origin_s
