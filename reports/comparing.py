"""Filling Comparisons from a run: which trials pair up, and what to say where a number is missing on one side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadtests.histogram import GROWTH, SMALLEST_S
from loadtests.run import Run, Trial
from reports import units
from reports.cells import cells
from reports.comparison import Answer, Bound, Cell, Comparison, band_of, change_estimate, decide
from reports.estimate import Estimate, without_interval
from reports.ledger import Ledger
from reports.measure import Measure, Reading, timing
from reports.paired import PairedChange, Spread, paired_change
from reports.slice import Slice
from reports.validity import Validity
from scenarios.criterion import ChangeKind
from scenarios.indicator import IndicatorKind
from scenarios.objective import MIN_BEYOND
from scenarios.scenario import Scenario

Recall = Callable[[str], Spread | None]
"""Looks up the A/A history of a cell by its key."""

CLIFF = math.log(2.0)
"""A tail percentile lies on a cliff when the latency doubles between a little below and a little above it."""

TAIL = 90.0  # cliffs are looked for from this percentile on: below it, a wide distribution is no cliff

_BUCKET_VARIANCE = 2 * math.log(GROWTH) ** 2 / 12  # two readings from buckets of that width: uniform rounding


@dataclass(frozen=True, slots=True)
class Sides:
    """Baseline and contender of a run: names and whole pairs of trials; `patience_s` is the caller's."""

    before: str
    after: str
    pairs: tuple[tuple[Trial, Trial], ...]
    patience_s: float
    tolerance: float


def no_history(_key: str) -> Spread | None:
    """Return no history."""
    return None


def sides_of(run: Run) -> Sides | None:
    """Return baseline and contender with their pairs, in order; a trial without its partner is left out.

    None when there is one variant, or no whole pair.
    """
    scenario = run.scenario
    if scenario.baseline is None:
        return None
    before = {trial.record.pair: trial for trial in run.of(scenario.baseline.name)}
    after = {trial.record.pair: trial for trial in run.of(scenario.contender.name)}
    pairs = tuple((before[pair], after[pair]) for pair in sorted(before.keys() & after.keys()))
    if not pairs:
        return None
    return Sides(scenario.baseline.name, scenario.contender.name, pairs, scenario.target.timeout_s, scenario.tolerance)


def compare(run: Run, ledger: Ledger, validity: Validity, recall: Recall = no_history) -> tuple[Comparison, ...]:
    """Return every comparison of contender and baseline; none when there is one variant or no whole pair."""
    sides = sides_of(run)
    if sides is None:
        return ()
    found = (compare_cell(cell, ledger, sides, recall) for cell in cells(run, ledger))
    return tuple(_only_if_sound(its, run.scenario, validity) for its in found if its is not None)


def compare_cell(cell: Cell, ledger: Ledger, sides: Sides, recall: Recall = no_history) -> Comparison | None:
    """Return one comparison; None where neither side was measured, or a p99 has too few samples to be shown."""
    before = ledger.estimate(cell.measure, sides.before, cell.stage, cell.operation)
    after = ledger.estimate(cell.measure, sides.after, cell.stage, cell.operation)
    slices = [ledger.of_trial(trial, cell.stage, cell.operation) for pair in sides.pairs for trial in pair]
    beyond = _fewest_beyond(cell.measure, slices)
    if not (before.measured or after.measured) or (beyond < MIN_BEYOND and cell.measure.percentile == 99.0):
        return None
    paired, bound, why = _paired(cell, ledger, sides, recall)
    if paired is None:
        return _undecided(cell, before, after, why)
    band = band_of(sides.tolerance, cell.kind, cell.measure, before.value)
    answer, stood_in_the_way = _answer(cell, paired, bound, band, slices)
    return Comparison(
        cell,
        before,
        after,
        change_estimate(paired, cell.kind, bound),
        answer,
        paired,
        bound,
        paired.pairs_to_decide(band) if answer is Answer.INCONCLUSIVE and not stood_in_the_way else None,
        _back(paired.detectable, cell.kind),
        stood_in_the_way or why,
    )


def _answer(cell: Cell, paired: PairedChange, bound: Bound, band: float, slices: Sequence[Slice]) -> tuple[Answer, str]:
    """Return the answer, and what kept it from being another where that is not the noise."""
    beyond = _fewest_beyond(cell.measure, slices)
    if beyond < MIN_BEYOND:
        few = f"only {units.count(round(beyond))} requests of a trial lie beyond the percentile; make the stage longer"
        return Answer.INCONCLUSIVE, few
    higher = cell.measure.indicator.higher_is_better
    answer = decide(paired, band, higher_is_better=higher, bound=bound)
    if bound is Bound.NONE and answer in (Answer.IMPROVED, Answer.REGRESSED):
        slide = _cliff(cell, slices, lower=paired.mean < 0)
        if slide and decide(paired, band + slide, higher_is_better=higher) is not answer:
            return Answer.INCONCLUSIVE, "the percentile lies on a cliff of the distribution, and may slide along it"
    return answer, ""


def _back(difference: float | None, kind: ChangeKind) -> float | None:
    return difference if difference is None or kind is ChangeKind.DIFFERENCE else math.expm1(difference)


def _undecided(cell: Cell, before: Estimate, after: Estimate, why: str) -> Comparison:
    change = without_interval(math.nan, 0, why)
    return Comparison(cell, before, after, change, Answer.INCONCLUSIVE, note=why)


def _only_if_sound(its: Comparison, scenario: Scenario, validity: Validity) -> Comparison:
    """Return the comparison, or that nothing can be said where the measurement of either side is not sound."""
    for variant in (scenario.baseline, scenario.contender):
        if variant is not None and not validity.sound(variant.name, its.stage):
            why = f"{variant.name} at {its.stage} is INVALID: {validity.reason(variant.name, its.stage)}"
            return _undecided(its.cell, its.before, its.after, why)
    return its


def _paired(cell: Cell, ledger: Ledger, sides: Sides, recall: Recall) -> tuple[PairedChange | None, Bound, str]:
    """Return the change over pairs; what was not answered counts with the caller's patience, which understates it."""
    read = [ledger.readings(cell.measure, pair, cell.stage, cell.operation) for pair in sides.pairs]
    before, after = [its[0] for its in read], [its[1] for its in read]
    for name, side in ((sides.before, before), (sides.after, after)):
        missing = [its for its in side if math.isnan(its.value)]
        if missing:
            return None, Bound.NONE, f"{name}: not measured" + (f" ({missing[0].note})" if missing[0].note else "")
    bound, why = _unanswered(sides, [its.value for its in before], [its.value for its in after])
    if why and bound is Bound.NONE:
        return None, bound, why
    finite = [its.value for side in (before, after) for its in side if math.isfinite(its.value)]
    ceiling = max([sides.patience_s, *finite])
    pairs = [(min(b.value, ceiling), min(a.value, ceiling)) for b, a in zip(before, after, strict=True)]
    differences = _differences(pairs, cell.kind)
    if differences is None:
        return None, bound, "a value of zero has no ratio; ask for a difference"
    history = recall(cell.key) if bound is Bound.NONE else None
    return paired_change(differences, history, floor=_floor(cell, read)), bound, why


def _differences(pairs: Sequence[tuple[float, float]], kind: ChangeKind) -> list[float] | None:
    """Return the pairs' differences on the scale of the kind; None where a logarithm does not exist."""
    if kind is ChangeKind.DIFFERENCE or all(b == a for b, a in pairs):
        return [a - b for b, a in pairs]
    if min(value for pair in pairs for value in pair) <= 0:
        return None
    return [math.log(a / b) for b, a in pairs]


def _unanswered(sides: Sides, before: Sequence[float], after: Sequence[float]) -> tuple[Bound, str]:
    """Return on which side the change is open, and in how many trials nothing answered in time."""
    lost = [sum(math.isinf(value) for value in side) for side in (before, after)]
    within = f"no answer within {units.duration(sides.patience_s)}"
    said = [
        f"{name}: {within} in {units.count(n)} of {units.plural(len(before), 'trial')}"
        for name, n in zip((sides.before, sides.after), lost, strict=True)
        if n
    ]
    bound = Bound.NONE if all(lost) or not any(lost) else Bound.AT_MOST if lost[0] else Bound.AT_LEAST
    return bound, "; ".join(said)


def _floor(cell: Cell, read: Sequence[Sequence[Reading]]) -> float:
    """Return the variance that a pair has at the least: rounding to buckets, or the counting of requests."""
    kind = cell.measure.indicator.kind
    if kind is IndicatorKind.TIMING:
        return _BUCKET_VARIANCE if cell.kind is ChangeKind.RATIO else 0.0
    if kind is not IndicatorKind.RATIO:
        return 0.0
    total = 0.0
    for its in (reading for pair in read for reading in pair):
        part = (its.value * its.samples + 0.5) / (its.samples + 1)  # never 0 nor 1: half a case is added
        total += part * (1 - part) / its.samples / (part**2 if cell.kind is ChangeKind.RATIO else 1.0)
    return total / len(read)


def _fewest_beyond(measure: Measure, slices: Sequence[Slice]) -> float:
    if measure.percentile is None:
        return math.inf
    # rounded: 600 * (1 - 0.95) is 30.000000000000025, and might as well have come out below 30
    return round(min(its.planned for its in slices) * (1 - measure.percentile / 100), 9)


def _cliff(cell: Cell, slices: Sequence[Slice], *, lower: bool) -> float:
    """Return by how much (ln) a change shrinks when a tail percentile slides along a cliff; 0 where there is no cliff.

    A judgement, not a measurement: there is a cliff where the latency at least doubles between p - 0.4 (1 - p) and
    p + 0.4 (1 - p), before or after. The change must then hold between the nearer ends of these two ranges as well.
    """
    if cell.measure.percentile is None or cell.measure.percentile < TAIL:
        return 0.0
    share = cell.measure.percentile / 100
    shares = [share + step * 0.4 * (1 - share) for step in (-1, 0, 1)]
    before, after = (_logarithms(cell.measure, side, shares) for side in (slices[0::2], slices[1::2]))
    if max(before[2] - before[0], after[2] - after[0]) <= CLIFF:
        return 0.0
    return before[1] - before[0] + after[2] - after[1] if lower else before[2] - before[1] + after[1] - after[0]


def _logarithms(measure: Measure, side: Sequence[Slice], shares: Sequence[float]) -> list[float]:
    """Return the logarithms of quantiles, no answer counted as the caller's whole patience."""
    histogram = timing(measure.indicator, side, only="ok")
    missing = sum(its.planned for its in side) - histogram.total
    found = (min(histogram.quantile(its, infinite=missing), side[0].patience_s) for its in shares)
    return [math.log(max(value_s, SMALLEST_S)) for value_s in found]
