"""Conductor: has all generators begin at one instant, keeps them on their leases, and notices who is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from loadtests.clock import PlanClock
from loadtests.drivers.agreement import Agreement
from loadtests.drivers.crew import LEASE_S, Crew, Member
from loadtests.drivers.messages import ASK, BEGIN, FENCE, LEASE, START, TAKE_OVER, Begin
from loadtests.loss import OnLoss, WorkerLoss
from scenarios.errors import HarnessError

LEAD_S = 0.5
"""From the agreement until second 0 of the plan: time for the word to arrive everywhere."""

PATIENCE_S = 60.0
"""How long a generator may take to make its share of the plan."""

HANDOVER_S = 1.0
"""The least time from telling generators of their new duties until the first arrival of these is due."""

SKIP_S = 20e-6
"""More of that time for every arrival of the plan: each generator goes through the plan again to find its part."""

Send = Callable[[str, Any, str | None], None]
"""Sends a message of a type with data to the generator of that name, or to all."""


class GeneratorError(HarnessError):
    """The generators did not come up, or went away: nothing can be said about the target."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Started:
    """What was agreed: who generates, when second 0 is, and how exactly all of them know it."""

    names: tuple[str, ...]
    clock: PlanClock
    uncertainty_s: float


class Conductor:
    """Conducts one trial. `present` tells which generators are connected."""

    def __init__(self, send: Send, present: Callable[[], Collection[str]], policy: OnLoss) -> None:
        self._send = send
        self._present = present
        self._policy = policy
        self._agreement = Agreement(())
        self._begun_s = 0.0
        self.crew = Crew()
        self.started: Started | None = None

    @property
    def begun(self) -> bool:
        """Whether the generators were told to make their shares."""
        return bool(self.crew.members)

    def begin(self, begin: Begin) -> None:
        """Tell all generators to make their shares; they start when the last one is ready."""
        self.crew = Crew.of(begin.generators)
        self._agreement = Agreement(begin.generators)
        self._begun_s = time.perf_counter()
        self._send(BEGIN, begin.to_message(), None)

    def ready(self, worker: int) -> None:
        """A generator has made its share: ask it for the time."""
        name = self.crew.of_worker(worker).name
        self._agreement.ready(name)
        self._ask(name)

    def told(self, worker: int, asked_s: float, theirs_s: float) -> Started | None:
        """A generator has told its time. Return what was agreed when that was the last answer missing."""
        name = self.crew.of_worker(worker).name
        self._agreement.answer(name, asked_s, theirs_s, time.perf_counter())
        if self._agreement.wants(name):
            self._ask(name)
        if self._agreement.missing or self.started is not None:
            return None
        return self._start()

    def heard(self, worker: int) -> bool:
        """A generator has reported; return whether it counts: one that was given up does not any more."""
        if self.started is None:
            return False
        member = self.crew.heard(worker, self.started.clock.now_s())
        if member is None:
            self._send(FENCE, None, self.crew.of_worker(worker).name)
            return False
        self._send(LEASE, {"until_s": member.until_s}, member.name)
        return True

    def pulse(self, planned: int) -> list[WorkerLoss]:
        """Look after the crew, `planned` being the arrivals of the whole plan; return who is lost now.

        Raises:
            GeneratorError: when a generator does not get ready.
        """
        if self.started is None:
            self._check_readiness()
            return []
        now_s = self.started.clock.now_s()
        return [self._lose(member, now_s, planned) for member in self.crew.pulse(now_s, self._present())]

    def _ask(self, name: str) -> None:
        self._send(ASK, {"asked_s": time.perf_counter()}, name)

    def _start(self) -> Started:
        clock = PlanClock(LEAD_S)
        self.started = Started(tuple(self.crew.members), clock, self._agreement.uncertainty_s)
        for name, origin_s in self._agreement.starts(clock.origin_s).items():
            self._send(START, {"origin_s": origin_s, "until_s": LEASE_S}, name)
        return self.started

    def _check_readiness(self) -> None:
        missing = self._agreement.missing
        gone = [name for name in missing if name not in self._present()]
        if gone:
            raise GeneratorError(
                f"{', '.join(gone)} left before the load began", hint="look into its log, and start again"
            )
        if missing and time.perf_counter() > self._begun_s + PATIENCE_S:
            raise GeneratorError(
                f"{', '.join(missing)} did not get ready within {PATIENCE_S:g} s", hint="look into its log"
            )

    def _lose(self, member: Member, now_s: float, planned: int) -> WorkerLoss:
        until_s = None
        if self._policy is OnLoss.REDISTRIBUTE and self.crew.active:
            until_s = max(member.until_s, now_s + HANDOVER_S + planned * SKIP_S)
            for name, duties in self.crew.hand_over(member, until_s).items():
                splits = [[list(split) for split in duty.splits] for duty in duties]
                self._send(TAKE_OVER, {"duties": splits}, name)
        return WorkerLoss(member.worker, member.name, member.heard_s, until_s)
