"""Verdict: one promise judged for one variant, operation and stage; and how many verdicts make one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reports.comparison import Comparison
from reports.estimate import Estimate
from scenarios.criterion import Criterion
from scenarios.objective import Objective


class Outcome(StrEnum):
    """What became of a promise."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    WARN = "warn"
    FAIL = "fail"
    INVALID = "invalid"
    NO_BASELINE = "no baseline"
    NOT_MEASURED = "not measured"


EXIT_CODES = {
    Outcome.PASS: 0,
    Outcome.WARN: 0,
    Outcome.FAIL: 3,
    Outcome.INVALID: 4,
    Outcome.NO_BASELINE: 5,
    Outcome.NOT_MEASURED: 4,
}
"""The exit code of a run whose overall outcome this is."""

WORST_FIRST = (Outcome.FAIL, Outcome.INVALID, Outcome.NO_BASELINE, Outcome.WARN, Outcome.PASS)
"""A promise broken in a sound stage is a fact, whatever could not be measured elsewhere: the answer is no already.
Anything that could not be judged comes next: without it there is no yes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion of an objective, judged. `value` is what was compared with the limit: a level, or a change.

    `reason` is one sentence with the value, the limit, and what else a reader must know to believe it.
    """

    objective: Objective
    criterion: Criterion
    variant: str
    operation: str
    stage: str
    outcome: Outcome
    value: Estimate
    reason: str
    comparison: Comparison | None = None

    @property
    def samples(self) -> int:
        """How many samples (pairs, for a change) the value rests on."""
        return self.value.samples

    @property
    def relative(self) -> bool:
        """Whether this speaks of a change rather than of a level."""
        return self.criterion.change is not None


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome of many: the first of `WORST_FIRST` that is among them.

    What was optional and not measured counts for nothing; where nothing else is left, nothing was judged: INVALID.
    """
    found = set(outcomes)
    return next((outcome for outcome in WORST_FIRST if outcome in found), Outcome.INVALID)
