"""Answers: every n-th good reply's documents, kept to be judged when the load has ended."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.drivers.lane import Lane
from loadtests.target import Target
from scenarios.arrivals import Arrival
from scenarios.scenario import Scenario

ANSWERS_PER_STAGE = 60
"""Replies of each stage kept for judging: enough for a mean recall within about 0.02, few enough to ask again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The documents of one sampled reply."""

    stage: str
    operation: str
    query_rank: int
    document_ids: tuple[str, ...]


class Answers:
    """Keeps those whose number in the plan `every` of their stage divides: all workers together keep what one would."""

    def __init__(self, scenario: Scenario, target: Target) -> None:
        self._names = [operation.name for operation in scenario.workload.operations]
        self.every = _sampling(scenario)
        self._target = target
        self._kept: list[Answer] = []

    def keep(self, arrival: Arrival, lane: Lane) -> None:
        """Keep a good reply's documents."""
        try:
            document_ids = self._target.answer(arrival, lane.reply)
        except (ValueError, KeyError, TypeError):
            document_ids = ()
        name = self._names[arrival.operation]
        self._kept.append(Answer(arrival.stage, name, arrival.query_rank, document_ids))

    def drain(self) -> list[Answer]:
        """Return what was kept since the last call."""
        kept, self._kept = self._kept, []
        return kept


def _sampling(scenario: Scenario) -> dict[str, int]:
    """Return, for each stage, that every n-th arrival's reply is kept."""
    planned = {stage.name: stage.expected_arrivals for stage in scenario.stages}
    return {name: max(1, round(count / ANSWERS_PER_STAGE)) for name, count in planned.items()}
