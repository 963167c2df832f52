"""Crew: the generators of one run: who has which duties, how far each may go, who was lost. Time is an argument."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from loadtests.drivers.duty import Duty

LOST_AFTER_S = 3.0
"""Of silence: three reports of a second each that did not come, as for Locust's own heartbeat."""

LEASE_S = 4.0
"""How far into the plan a generator may go on after it was last heard: longer than it takes to call it lost."""

PULSE_S = 0.25
"""How often the crew is looked after. Silence is counted in pulses: when the keeper itself stood still, nobody could
be heard, and one long gap counts as two short ones."""


@dataclass(slots=True)
class Member:
    """One generator; `heard_s` and `until_s` are seconds of the plan."""

    worker: int
    name: str
    duties: list[Duty]
    heard_s: float = 0.0
    until_s: float = LEASE_S
    silence_s: float = 0.0
    settled: bool = False
    lost: bool = False


@dataclass(slots=True)
class Crew:
    """Members by name, in the order of their shares."""

    members: dict[str, Member] = field(default_factory=dict)
    _pulsed_s: float = 0.0

    @classmethod
    def of(cls, names: Iterable[str]) -> Crew:
        """Return a crew that shares a plan evenly."""
        order = tuple(names)
        return cls({name: Member(k, name, [Duty.share(k, len(order))]) for k, name in enumerate(order)})

    def of_worker(self, worker: int) -> Member:
        """Return the member with that number."""
        return next(its for its in self.members.values() if its.worker == worker)

    @property
    def settled(self) -> bool:
        """Whether everybody who is still there has settled everything."""
        return all(its.settled or its.lost for its in self.members.values())

    @property
    def active(self) -> list[Member]:
        """Those who are there and still at work."""
        return [its for its in self.members.values() if not its.lost and not its.settled]

    def heard(self, worker: int, plan_s: float) -> Member | None:
        """Note a sign of life and extend the lease; None when the member was given up already."""
        member = self.of_worker(worker)
        if member.lost:
            return None
        member.silence_s, member.heard_s = 0.0, max(member.heard_s, plan_s)
        member.until_s = max(member.until_s, plan_s + LEASE_S)
        return member

    def done(self, worker: int, duties: int) -> None:
        """Note that a member has settled so many duties; more may have been given to it in the meantime."""
        member = self.of_worker(worker)
        member.settled = duties >= len(member.duties)

    def pulse(self, plan_s: float, present: Collection[str]) -> list[Member]:
        """Return who is lost now: silent for too long, or said to have left."""
        gap_s = min(max(0.0, plan_s - self._pulsed_s), 2 * PULSE_S)
        self._pulsed_s = plan_s
        lost = []
        for member in self.active:
            member.silence_s += gap_s
            if member.silence_s >= LOST_AFTER_S or member.name not in present:
                member.lost = True
                lost.append(member)
        return lost

    def hand_over(self, lost: Member, from_s: float) -> dict[str, list[Duty]]:
        """Divide what a lost member has not been allowed to offer among those at work; return their new duties."""
        heirs = self.active
        given: dict[str, list[Duty]] = {its.name: [] for its in heirs}
        for duty in lost.duties if heirs else ():
            for heir, part in zip(heirs, duty.divided(len(heirs), from_s), strict=True):
                heir.duties.append(part)
                given[heir.name].append(part)
        return given
