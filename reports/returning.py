"""Return: how a variant came back from a peak, operation by operation; what figure, table and summary tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports import units
from reports.findings import Findings
from reports.recovering import Recovery, recovery
from scenarios.indicator import BUILT_IN
from scenarios.stage import reference


@dataclass(frozen=True, slots=True)
class Return:
    """One variant and operation in one recovery stage."""

    variant: str
    stage: str
    operation: str
    found: Recovery

    @property
    def text(self) -> str:
        """How long it took: `2 s`, `at once` (already in the first step), or `not within the stage`."""
        return units.amount(BUILT_IN["recovery"], self.found.value_s)

    @property
    def interval(self) -> str:
        """The interval of p95 before the peak in words; empty when it is not known."""
        known = self.found.times_s
        return f"{units.duration(self.found.low_s)} to {units.duration(self.found.high_s)}" if known else ""


def returns(findings: Findings) -> Iterator[Return]:
    """Yield a Return for every recovery stage that has a stage at its rate before it, promised or not.

    A stage that an abort cut short has none of its own: its note says so.
    """
    scenario = findings.run.scenario
    for stage in scenario.judged_stages:
        if reference(scenario.stages, stage) is None:
            continue
        for variant in scenario.variants:
            for operation in scenario.workload.operations:
                cut = findings.validity.cut.get((variant.name, stage))
                slices = () if cut else findings.ledger.of(variant.name, stage, operation.name)
                found = Recovery(note=cut) if cut else recovery(slices)
                yield Return(variant.name, stage, operation.name, found)
