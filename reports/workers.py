"""The workers of a distributed trial: was one lost, and did all begin together?"""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.run import Trial
from reports import units
from reports.validity import WHOLE_TRIAL, Check
from scenarios.stage import StageWindow

APART_S = 0.05
"""How far apart from second 0 a worker may begin: it moves a twentieth of each second's arrivals into the next."""


def worker_lost(trial: Trial, window: StageWindow) -> Check | None:
    """Return a check of a stage of which a lost worker's share is missing, None where nothing is."""
    record = trial.record
    lost = [its for its in trial.losses if its.misses(window.start_s, window.end_s)]
    if not lost:
        return None
    said = "; ".join(its.sentence for its in lost)
    return Check("workers", record.variant, record.index, window.name, 2.0, 1.0, False, said)


def began_together(trial: Trial) -> Iterator[Check]:
    """Yield the check of the common start, where there are several workers."""
    record = trial.record
    if record.workers < 2 or record.started_unix is None:
        return
    apart_s = record.start_uncertainty_s
    said = (
        f"{record.workers} workers began together within ±{units.duration(apart_s)} (limit {units.duration(APART_S)})"
    )
    holds = apart_s <= APART_S
    yield Check("common start", record.variant, record.index, WHOLE_TRIAL, apart_s, APART_S, holds, said)


def expected_reports(trial: Trial, seconds: list[int]) -> int:
    """Return how many reports about themselves the workers owe for these seconds; a lost one owes none after that."""
    gone = sum(t >= its.heard_s - 1 for its in trial.losses for t in seconds)
    return len(seconds) * trial.record.workers - gone
