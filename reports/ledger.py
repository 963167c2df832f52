"""Ledger: every trial's slices by stage and operation, merged once however often they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.run import Run, Trial
from reports.estimate import Estimate
from reports.estimating import estimate
from reports.measure import Measure, Reading, read
from reports.slice import Slice, slice_of

ALL = ""
"""All operations together."""


class Ledger:
    """Looks up what was measured in a run; remembers what it has merged."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._slices: dict[tuple[int, str, str], Slice] = {}

    def of_trial(self, trial: Trial, stage: str, operation: str = ALL) -> Slice:
        """Return one trial's part in a stage."""
        key = (trial.record.index, stage, operation)
        if key not in self._slices:
            self._slices[key] = slice_of(trial, self._run.scenario, stage, operation)
        return self._slices[key]

    def of(self, variant: str, stage: str, operation: str = ALL) -> tuple[Slice, ...]:
        """Return the parts of all trials of a variant, in the order in which they ran."""
        return tuple(self.of_trial(trial, stage, operation) for trial in self._run.of(variant))

    def estimate(self, measure: Measure, variant: str, stage: str, operation: str = ALL) -> Estimate:
        """Return a measure of a variant's stage over all its trials, with its interval."""
        return estimate(measure, self.of(variant, stage, operation))

    def readings(self, measure: Measure, trials: Sequence[Trial], stage: str, operation: str = ALL) -> list[Reading]:
        """Return a measure of each of the trials on its own."""
        return [read(measure, [self.of_trial(trial, stage, operation)]) for trial in trials]
