"""Timetable: when a scripted server answers, as a function of when it was asked; the truth that tools are held to.

All times are seconds since the first request. What a caller waits for is known from the plan alone: no clock, no
recorder of ours takes part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

USUAL_S = 0.005


@dataclass(frozen=True, slots=True)
class Timetable:
    """Answers after `usual_s`; whatever is asked during a stall is answered after its end, during an outage never.

    `stalls` and `outages` are (from, to); every n-th request with `slow_every` = n takes `slow_s` instead.
    """

    usual_s: float = USUAL_S
    stalls: tuple[tuple[float, float], ...] = ()
    outages: tuple[tuple[float, float], ...] = ()
    slow_every: int = 0
    slow_s: float = 0.0

    def answered_at(self, asked_s: float, number: int) -> float:
        """Return when the n-th request (from 0) is answered; infinity when it never is."""
        slow = self.slow_every and number % self.slow_every == self.slow_every - 1
        at_s = asked_s + (self.slow_s if slow else self.usual_s)
        for begin_s, end_s in self.stalls:
            if begin_s <= asked_s < end_s:
                at_s = max(at_s, end_s + self.usual_s)
        for begin_s, end_s in self.outages:
            if asked_s < end_s and at_s > begin_s:
                return math.inf
        return at_s

    def waits_s(self, due_s: Sequence[float]) -> list[float]:
        """Return what callers wait who ask at the instants of a plan, ascending; infinity for what fails."""
        first_s = due_s[0]
        return sorted(self.answered_at(at_s - first_s, number) - (at_s - first_s) for number, at_s in enumerate(due_s))


def timetables(seconds: float) -> dict[str, Timetable]:
    """Return the timetables of a run of so many seconds, by name."""
    middle_s = seconds / 3
    stalls = tuple((at_s, at_s + 0.4) for at_s in [3 + 10 * n for n in range(int(seconds // 10) + 1)])
    return {
        "constant 5 ms": Timetable(),
        "a freeze of 5 s": Timetable(stalls=((middle_s, middle_s + 5),)),
        "a stall of 0.4 s each 10 s": Timetable(stalls=stalls),
        "a slow 1.1 % (0.2 s)": Timetable(slow_every=90, slow_s=0.2),
        "a crash, back after 3 % of the run": Timetable(outages=((middle_s, middle_s * 1.09),)),
    }


def quantile(waits_s: Sequence[float], share: float) -> float:
    """Return a quantile of ascending waits: the smallest that at least that share does not exceed."""
    return waits_s[min(len(waits_s) - 1, max(0, math.ceil(share * len(waits_s)) - 1))]
