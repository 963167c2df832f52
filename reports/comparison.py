"""Comparison: one measure before and after, the change between them, and the answer. Pure; filled elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from reports.estimate import Estimate
from reports.measure import Measure
from reports.paired import PairedChange
from scenarios.criterion import ChangeKind
from scenarios.indicator import Unit


class Answer(StrEnum):
    """What can be said about a change."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"


class Bound(StrEnum):
    """Whether a change is known from both sides; an unanswered request has no end, so its side is open."""

    NONE = ""
    AT_MOST = "at most"  # before did not answer: the true change lies below what is said
    AT_LEAST = "at least"  # after did not answer: the true change lies above what is said


@dataclass(frozen=True, slots=True)
class Cell:
    """What is compared: a measure of one operation (empty: of all) in one stage, as a ratio or as a difference."""

    measure: Measure
    operation: str
    stage: str
    kind: ChangeKind

    @property
    def key(self) -> str:
        """A stable name, under which the A/A history keeps the cell's pairs."""
        return f"{self.measure.key}|{self.operation}|{self.stage}|{self.kind}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One cell, before and after.

    `change` is after/before - 1 or after - before, as the cell's kind says, with its 95 % interval; `paired` holds the
    pairs. `more_pairs` is how many further pairs would decide an inconclusive one (None: none, or more than is
    sensible); `detectable` is the smallest change found with 80 % power. `note` says what stood in the way, or what a
    reader must know, if anything.
    """

    cell: Cell
    before: Estimate
    after: Estimate
    change: Estimate
    answer: Answer
    paired: PairedChange | None = None
    bound: Bound = Bound.NONE
    more_pairs: int | None = None
    detectable: float | None = None
    note: str = ""

    @property
    def measure(self) -> Measure:
        """What is compared."""
        return self.cell.measure

    @property
    def operation(self) -> str:
        """The operation, empty for all together."""
        return self.cell.operation

    @property
    def stage(self) -> str:
        """The stage."""
        return self.cell.stage

    @property
    def kind(self) -> ChangeKind:
        """Whether the change is a ratio or a difference."""
        return self.cell.kind

    @property
    def pairs(self) -> int:
        """How many pairs of trials the change rests on."""
        return self.paired.pairs if self.paired else 0

    @property
    def measured(self) -> bool:
        """Whether there is a change to speak of."""
        return self.change.measured


def decide(paired: PairedChange, band: float, *, higher_is_better: bool, bound: Bound = Bound.NONE) -> Answer:
    """Return the answer for a change against the band of changes that do not matter, both on the pairs' scale.

    Improved or regressed only when the interval lies wholly outside of the band, equivalent when wholly inside; a side
    that is open because nothing was answered reaches to infinity.
    """
    interval = paired.interval
    if interval is None:
        return Answer.INCONCLUSIVE
    low = -math.inf if bound is Bound.AT_MOST else interval[0]
    high = math.inf if bound is Bound.AT_LEAST else interval[1]
    if low > band:
        return Answer.IMPROVED if higher_is_better else Answer.REGRESSED
    if high < -band:
        return Answer.REGRESSED if higher_is_better else Answer.IMPROVED
    if -band < low and high < band:
        return Answer.EQUIVALENT
    return Answer.INCONCLUSIVE


def band_of(tolerance: float, kind: ChangeKind, measure: Measure, level: float) -> float:
    """Return the half-width of the band of changes that do not matter, on the scale of the pairs' differences.

    A ratio is compared as a logarithm. Shares (errors, goodput, recall, cache hits) are compared as differences, and
    there a tenth of the tolerance counts: 1 percentage point at the usual 10 %. Other differences may be as large as
    the tolerance is of the `level` before.
    """
    if kind is ChangeKind.RATIO:
        return math.log1p(tolerance)
    return tolerance / 10 if measure.indicator.unit is Unit.RATIO else tolerance * abs(level)


def change_estimate(paired: PairedChange, kind: ChangeKind, bound: Bound) -> Estimate:
    """Return the change in the words of a criterion: after/before - 1, or after - before."""
    interval = paired.interval
    back = math.expm1 if kind is ChangeKind.RATIO else float
    method = "; ".join(("paired t", *paired.notes))
    if interval is None:
        return Estimate(back(paired.mean), None, None, paired.pairs, "no interval: one pair")
    low, high = back(interval[0]), back(interval[1])
    if bound is Bound.AT_MOST:
        low = -1.0 if kind is ChangeKind.RATIO else -math.inf
    if bound is Bound.AT_LEAST:
        high = math.inf
    return Estimate(back(paired.mean), low, high, paired.pairs, method)
