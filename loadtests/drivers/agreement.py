"""Agreement: every generator's clock compared with the keeper's, so that all begin at one instant. No sockets here.

A comparison is Cristian's (Distributed Computing 3, 1989): a question leaves at t0 by our clock, is answered with the
other clock's reading, and the answer is here at t1. The other clock was read somewhere in between, so it is ahead by
`reading - (t0 + t1) / 2`, give or take `(t1 - t0) / 2`. Of several, the one with the shortest way counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

QUESTIONS = 8
"""Comparisons with each generator: enough for one that no queue on the way delayed, and over in milliseconds."""


@dataclass(frozen=True, slots=True)
class Offset:
    """By how much another clock is ahead of ours in seconds, and how far that may be off at the most."""

    ahead_s: float
    uncertainty_s: float


class Agreement:
    """Collects who is ready and how the clocks differ; complete when nothing is missing."""

    def __init__(self, names: Iterable[str]) -> None:
        self._awaited = set(names)
        self._answers = dict.fromkeys(self._awaited, 0)
        self._best: dict[str, Offset] = {}

    def ready(self, name: str) -> None:
        """Note that a generator has made its share."""
        self._awaited.discard(name)

    def answer(self, name: str, asked_s: float, theirs_s: float, now_s: float) -> None:
        """Note an answer: asked at `asked_s`, here at `now_s`, both by our clock; `theirs_s` is by the other one."""
        found = Offset(theirs_s - (asked_s + now_s) / 2, (now_s - asked_s) / 2)
        known = self._best.get(name)
        self._answers[name] += 1
        if known is None or found.uncertainty_s < known.uncertainty_s:
            self._best[name] = found

    def wants(self, name: str) -> bool:
        """Whether that generator's clock should be asked again."""
        return self._answers[name] < QUESTIONS

    @property
    def missing(self) -> tuple[str, ...]:
        """Those who are not ready, or whose clock was not compared often enough."""
        return tuple(sorted(name for name in self._answers if name in self._awaited or self.wants(name)))

    @property
    def uncertainty_s(self) -> float:
        """How far apart from the keeper's instant a generator may begin at the most, in seconds."""
        return max((its.uncertainty_s for its in self._best.values()), default=0.0)

    def starts(self, origin_s: float) -> dict[str, float]:
        """Return the instant `origin_s` of our clock by the clock of each generator."""
        return {name: origin_s + its.ahead_s for name, its in self._best.items()}
