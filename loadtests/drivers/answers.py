"""Answers: every n-th good reply's documents, kept to be judged when the load has ended."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.drivers.lane import Lane
from loadtests.target import Target
from scenarios.arrivals import Arrival
from scenarios.scenario import Scenario
from scenarios.stage import Stage

_GUESSED_S = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """The documents of one sampled reply, the second in which its request was due, and the text it asked for."""

    stage: str
    operation: str
    query_rank: int
    document_ids: tuple[str, ...]
    t: int
    query: str


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
        if document_ids is None:
            return
        name = self._names[arrival.operation]
        place = (arrival.stage, name, arrival.query_rank)
        self._kept.append(Answer(*place, document_ids, int(arrival.due_s), self._target.query(arrival)))

    def drain(self) -> list[Answer]:
        """Return what was kept since the last call."""
        kept, self._kept = self._kept, []
        return kept


def _sampling(scenario: Scenario) -> dict[str, int]:
    """Return, for each stage, that every n-th arrival's reply is kept."""
    wanted = scenario.workload.judging.answers / max(_judged_share(scenario), 1e-9)
    return {stage.name: max(1, round(_arrivals(stage, scenario) / wanted)) for stage in scenario.stages}


def _judged_share(scenario: Scenario) -> float:
    """Return the share of the arrivals that have an answer to judge: of http requests, those that tell where it is."""
    judged = {its.name for its in scenario.target.requests if its.answer}
    workload = scenario.workload
    names = [its.name for its in workload.operations]
    if not judged or scenario.replay is not None:
        return 1.0
    asked = [its.weight for its in workload.operations if its.name in judged]
    asked += [its.weight for its in workload.sessions if judged & {names[step.operation] for step in its.steps}]
    return sum(asked) / sum(workload.weights)


def _arrivals(stage: Stage, scenario: Scenario) -> float:
    """Return about how many arrivals a stage has; of closed users it is guessed as if each reply took 50 ms."""
    if scenario.closed is None:
        return stage.expected_arrivals
    return stage.users * stage.duration_s / (scenario.closed.think_time.mean_s + _GUESSED_S)
