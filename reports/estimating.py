"""From slices of trials to Estimates: which interval belongs to which kind of measure."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.sample import OK
from reports.estimate import Estimate, clustered_mean, design_effect, over_trials, share, without_interval
from reports.measure import Measure, judged_answers, read
from reports.recovering import recovery
from reports.slice import Slice
from scenarios.indicator import IndicatorKind, Unit


def estimate(measure: Measure, slices: Sequence[Slice]) -> Estimate:
    """Return a measure over the trials together, with the interval that suits its kind.

    Durations, rates and sizes: t over the trials' own values on the logarithmic scale. Shares of requests:
    Clopper-Pearson over all requests, widened where failures come in bursts. Quality: t over queries. Recovery: t over
    the trials' times.
    """
    pooled = read(measure, slices)
    kind, unit = measure.indicator.kind, measure.indicator.unit
    if not pooled.samples:
        return without_interval(pooled.value, 0, pooled.note or "nothing was measured")
    if kind is IndicatorKind.RECOVERY:
        return recovery(slices).estimate()
    if kind is IndicatorKind.RATIO:
        return _share(measure, slices)
    if kind is IndicatorKind.QUALITY:
        answers = judged_answers(measure, slices)
        return clustered_mean([its.value for its in answers], [(its.operation, its.query_rank) for its in answers])
    own = [read(measure, [its]).value for its in slices]
    if unit is Unit.RATIO:
        plain = over_trials(pooled.value, own, pooled.samples, logarithmic=False)
        return _within_0_and_1(plain)
    return over_trials(pooled.value, own, pooled.samples, logarithmic=min(own) > 0)


def _share(measure: Measure, slices: Sequence[Slice]) -> Estimate:
    errors = measure.indicator.name == "errors"
    planned = sum(its.planned for its in slices)
    part = sum(its.failed if errors else its.answered_well for its in slices)
    blocks = [(second.outcomes[OK], max(second.planned, second.finished)) for its in slices for second in its.parts]
    return share(part, planned, design_effect=design_effect(blocks))


def _within_0_and_1(its: Estimate) -> Estimate:
    if its.low is None or its.high is None:
        return its
    return Estimate(
        its.value, max(0.0, min(its.low, its.value)), min(1.0, max(its.high, its.value)), its.samples, its.method
    )
