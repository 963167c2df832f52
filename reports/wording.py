"""Sentences about verdicts and changes: limits, intervals and reasons in words. Numbers get their words in `units`."""

from __future__ import annotations

import math

from reports import units
from reports.comparison import Answer, Bound, Comparison
from reports.estimate import Estimate
from reports.measure import Measure
from reports.verdict import Verdict
from scenarios.criterion import ChangeKind, Criterion
from scenarios.indicator import Indicator, IndicatorKind, Unit

_DUST = 1e-9  # an interval narrower than this share of its value is rounding, not doubt

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def limit(indicator: Indicator, criterion: Criterion) -> str:
    """Return a criterion's limit, such as `< 100 ms`, `≥ 0.95` or `≤ +10 %`."""
    sign = _SIGNS[criterion.operator] + units.SPACE
    if criterion.change is ChangeKind.RATIO:
        return f"{sign}{units.sign(criterion.limit)}{units.number(abs(criterion.limit) * 100)}{units.SPACE}%"
    if criterion.change is ChangeKind.DIFFERENCE:
        return sign + difference(indicator, criterion.limit)
    if indicator.kind is IndicatorKind.QUALITY:
        return sign + units.number(criterion.limit, 4)
    return sign + units.amount(indicator, criterion.limit)


def difference(indicator: Indicator, value: float) -> str:
    """Return a signed difference: percentage points for shares, the unit itself for the rest."""
    if indicator.kind is IndicatorKind.QUALITY:
        return f"{units.sign(value)}{units.number(abs(value))}"
    if indicator.unit is Unit.RATIO:
        return units.points(value)
    return f"{units.sign(value)}{units.level(abs(value), indicator.unit)}"


def change(measure: Measure, kind: ChangeKind, value: float) -> str:
    """Return a change as text: `114x lower`, `+8.3 %`, `+0.5 pp`."""
    if math.isnan(value):
        return units.NOT_MEASURED
    return units.ratio_change(value) if kind is ChangeKind.RATIO else difference(measure.indicator, value)


def change_range(its: Comparison) -> str:
    """Return the interval of a change, such as `+3 % to +12 %`; empty when there is none, one end where one is open."""
    if its.bound is not Bound.NONE:
        return _open_range(its)
    if its.change.low is None or its.change.high is None or its.change.low == its.change.high:
        return ""
    low, high = (change(its.measure, its.kind, end) for end in (its.change.low, its.change.high))
    if low.endswith(" lower") and high.endswith(" lower"):
        return f"{high.removesuffix(' lower')} to {low}"
    if low.endswith(" higher") and high.endswith(" higher"):
        return f"{low.removesuffix(' higher')} to {high}"
    return units.between(low, high)


def _open_range(its: Comparison) -> str:
    """Return the end that is known of a change whose other end nobody waited for."""
    if its.bound is Bound.AT_LEAST:
        return f"at least {change(its.measure, its.kind, _or(its.change.low, its.change.value))}"
    high = change(its.measure, its.kind, _or(its.change.high, its.change.value))
    return f"at least {high}" if high.endswith(" lower") else f"at most {high}"


def _or(end: float | None, value: float) -> float:
    return value if end is None else end


def interval(measure: Measure, its: Estimate) -> str:
    """Return the small print beside a value: `±0.4 ms`, `≤ 0.1 %`, `95 to 99 %`; empty without an interval."""
    if its.low is None or its.high is None or not math.isfinite(its.value):
        return ""
    low, high = (units.amount(measure.indicator, end) for end in (its.low, its.high))
    share = measure.indicator.unit is Unit.RATIO
    if share and its.low == its.value == 0.0:
        return f"≤{units.SPACE}{high}"
    if share and its.high == its.value == 1.0:
        return f"≥{units.SPACE}{low}"
    half = max(its.high - its.value, its.value - its.low)
    if half <= abs(its.value) * _DUST:
        return ""
    if share or half > abs(its.value) / 4:
        return units.between(low, high)
    return units.half_width(half, its.value, measure.indicator.unit)


def value(measure: Measure, its: Estimate, criterion: Criterion | None = None) -> str:
    """Return a level as text, spelt out far enough not to read like a limit that it is not."""
    return units.amount(measure.indicator, its.value, limit=criterion.limit if criterion else None)


def too_few(samples: int, needed: int) -> str:
    """Return the reason of a verdict that lacks samples."""
    return f"{units.count(samples)} of {units.count(needed)} samples needed"


def level_reason(measure: Measure, criterion: Criterion, its: Estimate, *, holds: bool) -> str:
    """Return why a level passed or not: value, limit, samples, and whether the interval reaches across the limit."""
    said = f"{value(measure, its, criterion)}, promised {limit(measure.indicator, criterion)}"
    by_trial = measure.indicator.kind in (IndicatorKind.PROMQL, IndicatorKind.RECOVERY)
    basis = units.plural(its.samples, "trial" if by_trial else "sample")
    across = ""
    if its.low is not None and its.high is not None:
        far, near = (its.high, its.low) if criterion.limits_from_above else (its.low, its.high)
        end = far if holds else near
        if criterion.holds(end) is not holds:
            across = f"; its 95 % interval reaches {units.amount(measure.indicator, end, limit=criterion.limit)}"
    return f"{said} ({basis}{across})"


def change_reason(criterion: Criterion, its: Comparison, decided: bool | None) -> str:
    """Return why a change passed, failed, or was not decided."""
    said = f"{summary(its)}, promised {limit(its.measure.indicator, criterion)}"
    if decided is not None:
        return said
    if its.bound is not Bound.NONE:
        return f"{said}; not decided"
    return said + undecided(its)


def undecided(its: Comparison) -> str:
    """Return what it would take to prove that there is a change at all."""
    more = its.paired.pairs_to_decide(0.0) if its.paired else None
    return f"; not proved to be a change at all, {more_trials(more)}"


def more_trials(pairs: int | None) -> str:
    """Return how many more pairs of trials would decide."""
    if pairs is None:
        return "and no sensible number of further trials would decide"
    return f"about {units.plural(pairs, 'further pair')} of trials would decide"


def summary(its: Comparison) -> str:
    """Return a change with its interval in one phrase."""
    said = change(its.measure, its.kind, its.change.value)
    around = change_range(its)
    if its.bound is not Bound.NONE:
        return f"{around} ({its.note})"
    if not its.measured:
        return its.note or units.NOT_MEASURED
    if its.change.low is None:
        return f"{said} (no interval: one pair)"
    return f"{said} (95 % interval {around})" if around else said


def answer(its: Comparison) -> str:
    """Return the answer with what a reader must know beside it."""
    if its.answer is Answer.INCONCLUSIVE:
        return f"inconclusive: {its.note or more_trials(its.more_pairs)}"
    return its.answer.value


def measure(verdict: Verdict) -> Measure:
    """Return what a verdict speaks of."""
    return Measure.of(verdict.objective.indicator, verdict.criterion)


def limit_of(verdict: Verdict) -> str:
    """Return the limit that a verdict was held against."""
    return limit(verdict.objective.indicator, verdict.criterion)


def promise(verdict: Verdict) -> str:
    """Return a promise as text: `p95 latency < 100 ms`."""
    return f"{measure(verdict).title} {limit_of(verdict)}"
