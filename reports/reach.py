"""Reach: up to which multiple of its traffic a variant keeps its promises, and where it breaks them."""

from __future__ import annotations

from dataclasses import dataclass

from reports.findings import Findings
from reports.verdict import Outcome
from scenarios.scenario import Scenario
from scenarios.stage import Stage, StageKind


@dataclass(frozen=True, slots=True)
class Reach:
    """`kept` is the last stage before the first one that was not kept; None when the first was not."""

    kept: Stage | None
    broken: Stage | None
    unjudged: Stage | None
    recovers: bool

    @property
    def whole(self) -> bool:
        """Whether every stage was judged and kept."""
        return self.broken is None and self.unjudged is None


def reach(findings: Findings, variant: str) -> Reach:
    """Return how far a variant keeps its absolute promises; stages without a promise say nothing."""
    kept: Stage | None = None
    broken: Stage | None = None
    unjudged: Stage | None = None
    recovers = True
    for stage in findings.run.scenario.stages:
        found = {its.outcome for its in findings.of(variant) if its.stage == stage.name and not its.relative}
        found.discard(Outcome.NOT_MEASURED)
        if not found:
            continue
        if stage.kind is StageKind.RECOVERY:
            recovers = recovers and Outcome.FAIL not in found
        elif Outcome.FAIL in found:
            broken = broken or stage
        elif Outcome.INVALID in found:
            unjudged = unjudged or stage
        elif broken is None and unjudged is None:
            kept = stage
    return Reach(kept, broken, unjudged, recovers)


def highest(scenario: Scenario) -> Stage | None:
    """Return the judged stage with the highest rate, recovery aside."""
    stages = [its for its in scenario.stages if its.kind is StageKind.MEASURE]
    return max(stages, key=lambda its: its.mean_rate_per_s, default=None)


def fair_stage(findings: Findings) -> Stage | None:
    """Return the highest stage that every variant kept, where they can be looked at side by side.

    Where there is none, the highest that the contender kept; failing that, the first judged one.
    """
    scenario = findings.run.scenario
    reached = [reach(findings, its.name).kept for its in scenario.variants]
    kept = [its for its in reached if its is not None]
    if kept and len(kept) == len(reached):
        return min(kept, key=lambda its: its.mean_rate_per_s)
    judged = [its for its in scenario.stages if its.judged]
    return reached[-1] or (judged[0] if judged else None)
