"""Source: where the target's own numbers come from; a promise of one method."""

from __future__ import annotations

from typing import Protocol

from loadtests.manifest import TrialRecord
from loadtests.server import ServerSeries, ServerValue
from scenarios.scenario import Scenario


class Source(Protocol):
    """Reads the scenario's indicators for one trial, after its load has ended."""

    def read(self, scenario: Scenario, run_id: str, record: TrialRecord) -> list[ServerValue | ServerSeries]:
        """Return one value for each indicator and stage, or for each part of it, and series over the trial.

        What could not be measured has the value None and a note why. Never raises for what a server answers or fails
        to answer: a report is made all the same.
        """
        ...
