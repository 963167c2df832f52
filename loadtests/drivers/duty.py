"""Duty: which arrivals of the plan a generator offers: a share of it, or of what one that was lost left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from scenarios.arrivals import Arrival

Split = tuple[int, int, float]
"""(k, n, from_s): of what is due from `from_s` on, every n-th arrival, beginning with the k-th."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Splits of the plan, each of what the one before left: a share of the whole, then shares of that."""

    splits: tuple[Split, ...]

    @classmethod
    def share(cls, worker: int, workers: int) -> Duty:
        """Return worker k's part of the whole plan."""
        return cls(((worker, workers, 0.0),))

    def divided(self, among: int, from_s: float) -> list[Duty]:
        """Return what is due from then on, in equal parts: together they are this duty, and no arrival is in two."""
        return [Duty((*self.splits, (part, among, from_s))) for part in range(among)]

    def of(self, arrivals: Iterator[Arrival]) -> Iterator[Arrival]:
        """Return the arrivals of a plan that are this duty, in order."""
        for part, parts, from_s in self.splits:
            arrivals = _split(arrivals, part, parts, from_s)
        return arrivals

    @classmethod
    def from_message(cls, data: Sequence[Sequence[float]]) -> Duty:
        """Read the splits as a message carries them."""
        return cls(tuple((int(part), int(parts), float(from_s)) for part, parts, from_s in data))


AT_ONCE = 200
"""Arrivals of a plan that are made at once, in about a millisecond, before other greenlets get their turn."""


def patiently(arrivals: Iterator[Arrival], sleep: Callable[[float], None]) -> Iterator[Arrival]:
    """Yield arrivals, and let others work now and then: a long plan takes seconds to go through."""
    for count, arrival in enumerate(arrivals, 1):
        if not count % AT_ONCE:
            sleep(0.001)  # a sleep of 0 would not look at sockets
        yield arrival


def _split(arrivals: Iterator[Arrival], part: int, parts: int, from_s: float) -> Iterator[Arrival]:
    return islice((its for its in arrivals if its.due_s >= from_s), part, None, parts)
