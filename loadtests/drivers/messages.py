"""The messages between the process that keeps the run and those that generate the load; in one process when local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from loadtests.known_item import KnownItem
from scenarios.planning import Plan, plan_of
from scenarios.scenario import Scenario

BEGIN = "tenfold_begin"  # keeper to generators: a Begin; make your share of the plan
READY = "tenfold_ready"  # generator to keeper: the share is made
ASK = "tenfold_ask"  # keeper to a generator: what does your clock say?
TELL = "tenfold_tell"  # generator to keeper: this
START = "tenfold_start"  # keeper to each generator: second 0 by your own clock, and the first lease
LEASE = "tenfold_lease"  # keeper to a generator: how far into the plan it may go on
TAKE_OVER = "tenfold_take_over"  # keeper to a generator: duties of one that was lost
FENCE = "tenfold_fence"  # keeper to a generator that was given up: stop, your share is no longer yours
ROWS = "tenfold_rows"  # generator to keeper: lines for the run's files
DONE = "tenfold_done"  # generator to keeper: so many of its duties are settled


@dataclass(frozen=True, slots=True)
class Begin:
    """Everything a generator needs to make its share: who takes which, of what."""

    generators: tuple[str, ...]
    scenario_yaml: str
    seed: int
    url: str
    items: tuple[KnownItem, ...]
    trial: int
    salt: int = 0

    def plan(self, scenario: Scenario) -> Plan:
        """Return what gives the whole plan, made as it is used; a log that is replayed is gone through first.

        Raises:
            HarnessError: when that log cannot be read here.
        """
        return plan_of(scenario, self.seed, salt=self.salt, trial=self.trial)

    def to_message(self) -> dict[str, Any]:
        """Return plain data for Locust's message packing."""
        return asdict(self)

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Begin:
        """Read what `to_message` made."""
        items = tuple(KnownItem(its["query"], tuple(its["relevant"]), its["values"]) for its in data["items"])
        return cls(**{**data, "generators": tuple(data["generators"]), "items": items})
