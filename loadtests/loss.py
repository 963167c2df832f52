"""WorkerLoss: a generator that fell silent during a trial, and what of the plan is missing because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from scenarios.errors import HarnessError
from scenarios.scenario import Scenario


class OnLoss(StrEnum):
    """What becomes of the share of a lost generator."""

    INVALID = "invalid"  # nobody offers it: what was due from then on is missing
    REDISTRIBUTE = "redistribute"  # the others offer it, from the moment on when the lost one certainly does not


def check_policy(policy: OnLoss, scenario: Scenario) -> None:
    """Make sure that a lost share could be taken over, where that is asked for.

    Raises:
        HarnessError: for closed users: what they did and what they would do next is lost with their generator.
    """
    if policy is OnLoss.REDISTRIBUTE and scenario.closed is not None:
        what = "closed users cannot be taken over from a generator that is lost"
        raise HarnessError(what, hint="leave --on-worker-loss out; the run is INVALID then when one is lost")


@dataclass(frozen=True, slots=True)
class WorkerLoss:
    """Worker number `worker` was last heard at second `heard_s` of the plan.

    Its share is missing from there to `until_s`, where others took it over; None: to the end of the plan.
    """

    worker: int
    name: str
    heard_s: float
    until_s: float | None = None

    @property
    def sentence(self) -> str:
        """What happened, for a reader: `worker 2 (host-b) was lost at 7.0 s, its share is missing from there on`."""
        until = "from there on" if self.until_s is None else f"until {self.until_s:.1f} s"
        return f"worker {self.worker} ({self.name}) was lost at {self.heard_s:.1f} s, its share is missing {until}"

    def misses(self, start_s: float, end_s: float) -> bool:
        """Whether something of a stretch of the plan is missing."""
        return self.heard_s < end_s and (self.until_s is None or start_s < self.until_s)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WorkerLoss:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a loss.
        """
        until_s = data["until_s"]
        return cls(
            int(data["worker"]), str(data["name"]), float(data["heard_s"]), None if until_s is None else float(until_s)
        )
