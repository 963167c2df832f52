"""Watcher: is told how a run proceeds, so that somebody can be shown; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from loadtests.schedule import PlannedTrial


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The last reported second of a running trial: `t` of `duration_s`, rates per second, p95 of what was answered."""

    t: int
    duration_s: float
    stage: str
    offered: int
    answered: int
    failed: int
    p95_s: float


class Watcher(Protocol):
    """What a run tells as it goes."""

    def step(self, text: str) -> None:
        """Something begins that may take a moment."""
        ...

    def progress(self, text: str, done: int, total: int) -> None:
        """A step of known length has come this far."""
        ...

    def trial(self, planned: PlannedTrial, total: int) -> None:
        """A trial begins; there are `total`."""
        ...

    def second(self, glimpse: Glimpse) -> None:
        """Another second of the running trial was reported."""
        ...

    def note(self, text: str) -> None:
        """Something a user should know, such as a part that is off."""
        ...

    def close(self) -> None:
        """The run is over; leave the terminal as it was."""
        ...
