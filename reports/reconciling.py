"""Reconciling: whether what the workers say they sent, and what the target says it got, are the same requests."""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.run import Trial
from reports import units
from reports.findings import Findings
from reports.report import Table

_NOTE = (
    "A target has counted at least what was answered, and at most the requests whose reply never came besides: the "
    "difference lies between 0 and the connections."
)


def reconciliation(findings: Findings) -> Table:
    """Return planned, sent and answered of each worker of a distributed trial, and the target's own count beside it."""
    rows = tuple(row for trial in findings.run.trials if trial.record.workers > 1 for row in _rows(trial))
    columns = ("trial", "worker", "planned", "sent", "answered", "answered well", "counted by the target", "difference")
    return Table("Workers", columns, rows, _NOTE)


def _rows(trial: Trial) -> Iterator[tuple[str, ...]]:
    name = str(trial.record.index)
    for share in trial.shares:
        counts = (share.planned, share.sent, share.answered, share.well)
        yield (name, str(share.worker), *(units.count(its) for its in counts), "", "")
    if not trial.shares:
        return
    columns = ("planned", "sent", "answered", "well")
    totals = [sum(getattr(share, column) for share in trial.shares) for column in columns]
    counted = trial.record.requests_counted
    theirs = ("not known", "") if counted is None else (units.count(counted), str(counted - totals[2]))
    yield (name, "all", *(units.count(its) for its in totals), *theirs)
