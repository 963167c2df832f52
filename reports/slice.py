"""Slice: one trial's part in one stage and operation: what every measure is computed from."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.judged import JudgedAnswer
from loadtests.run import Trial
from loadtests.sample import OK
from loadtests.second import Second
from loadtests.server import ServerValue
from scenarios.scenario import Scenario
from scenarios.stage import reference


@dataclass(frozen=True, slots=True)
class Slice:
    """One trial's part in one stage and operation: the requests due there, and what was judged and read beside them.

    `stage_s` is the length of the stage, `patience_s` how long a caller waits before giving up, `tolerance` the change
    that does not matter. `before` is the same trial at the same rate before the peak, for stages of recovery.
    """

    trial: int
    stage_s: float
    patience_s: float
    second: Second
    parts: tuple[Second, ...] = ()
    judged: tuple[JudgedAnswer, ...] = ()
    values: tuple[ServerValue, ...] = ()
    start_s: float = 0.0
    tolerance: float = 0.10
    before: Slice | None = None

    @property
    def planned(self) -> int:
        """Requests that were due; never fewer than those with an outcome, should a crash have lost some of the plan."""
        return max(self.second.planned, self.second.finished)

    @property
    def answered_well(self) -> int:
        """Requests answered as asked."""
        return self.second.outcomes[OK]

    @property
    def failed(self) -> int:
        """Requests not answered well, those without any outcome included: nothing vanishes."""
        return self.planned - self.answered_well


def slice_of(trial: Trial, scenario: Scenario, stage: str, operation: str) -> Slice:
    """Return one trial's part in a stage; an empty `operation` takes all operations together."""
    wanted = operation or None
    window = next(its for its in scenario.windows if its.name == stage)
    before = reference(scenario.stages, stage)
    parts = tuple(
        second
        for second in (trial.timeline.seconds if wanted is None else trial.timeline.every)
        if second.stage == stage and wanted in (None, second.operation)
    )
    return Slice(
        trial=trial.record.index,
        stage_s=window.end_s - window.start_s,
        patience_s=scenario.target.timeout_s,
        second=trial.timeline.stage(stage, wanted),
        parts=parts,
        judged=tuple(its for its in trial.judged if its.stage == stage and wanted in (None, its.operation)),
        values=tuple(its for its in trial.values if its.stage == stage),
        start_s=window.start_s,
        tolerance=scenario.tolerance,
        before=slice_of(trial, scenario, before.name, operation) if before else None,
    )
