"""Proving: the cases run one after another and judged, each once; again where the measurement was disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from loadtests.manifest import TrialStatus
from loadtests.run import Run
from loadtests.self_test.case import Case, Expected
from reports.findings import find
from reports.self_test.sighting import Sighting, sight
from reports.verdict import Outcome


def prove(case: Case, run: Callable[[Case], Run]) -> Sighting:
    """Run a case and return what the gate said of it.

    A measurement that is INVALID where a verdict was expected says nothing of the gate: another program took the
    processor. It is made once more, and that is told.
    """
    first = _look(case, run(case))
    if first.outcome is not Outcome.INVALID or case.expected is Expected.INVALID:
        return first
    again = _look(case, run(case))
    told = f"measured twice; at first it {first.remark}"
    return replace(again, remark=f"{again.remark}; {told}" if again.remark else told)


def _look(case: Case, run: Run) -> Sighting:
    findings = find(run)
    record = run.trials[0].record if run.trials else None
    if record is not None and record.status is TrialStatus.FAILED:
        broken = sight(case, findings.outcome, findings.verdicts, run=run.folder.name)
        return replace(broken, seen=False, remark=f"could not be judged: {record.note}")
    return sight(case, findings.outcome, findings.verdicts, run=run.folder.name)
