"""Unsound: why one stage's measurement cannot be believed, for those who need no more than that."""

from __future__ import annotations

from loadtests.run import Run
from reports.checking import check_run
from reports.ledger import Ledger


def unsound(run: Run, variant: str, stage: str) -> str:
    """Return the reason in one sentence; empty when the measurement is sound."""
    return check_run(run, Ledger(run)).reason(variant, stage)
