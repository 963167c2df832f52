"""A source for runs without telemetry: everything is "not measured", and why."""

from __future__ import annotations

from loadtests.manifest import TrialRecord
from loadtests.server import ServerSeries, ServerValue
from scenarios.scenario import Scenario


class NoSource:
    """Says of every indicator and stage that it was not measured."""

    def __init__(self, why: str) -> None:
        self._note = f"not measured: {why}"

    def read(self, scenario: Scenario, run_id: str, record: TrialRecord) -> list[ServerValue | ServerSeries]:  # noqa: ARG002 - the promise's signature
        """Return None for every indicator and judged stage."""
        return [
            ServerValue(record.index, stage, indicator.name, None, self._note)
            for indicator in scenario.indicators
            for stage in scenario.judged_stages
        ]
