"""From what was measured to Verdicts: every criterion per variant, operation and stage. Fails closed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.aborted import AbortRecord
from loadtests.run import Run
from reports import units, wording
from reports.cells import operations
from reports.comparison import Bound, Comparison
from reports.estimate import Estimate, without_interval
from reports.ledger import Ledger
from reports.measure import Measure
from reports.validity import Validity
from reports.verdict import Outcome, Verdict
from scenarios.criterion import Criterion
from scenarios.indicator import IndicatorKind
from scenarios.objective import Objective, Severity, min_samples
from scenarios.stage import reference


@dataclass(frozen=True, slots=True)
class Case:
    """One promise about to be judged."""

    objective: Objective
    criterion: Criterion
    variant: str
    operation: str
    stage: str

    @property
    def measure(self) -> Measure:
        """What the promise speaks of."""
        return Measure.of(self.objective.indicator, self.criterion)

    def verdict(
        self, outcome: Outcome, reason: str, value: Estimate | None = None, comparison: Comparison | None = None
    ) -> Verdict:
        """Return the verdict with its reason."""
        return Verdict(
            self.objective,
            self.criterion,
            self.variant,
            self.operation,
            self.stage,
            outcome,
            value if value is not None else without_interval(math.nan, 0, reason),
            reason,
            comparison,
        )

    @property
    def broken(self) -> Outcome:
        """The outcome of a promise that was not kept."""
        return Outcome.WARN if self.objective.severity is Severity.WARN else Outcome.FAIL

    @property
    def unmeasured(self) -> Outcome:
        """The outcome of a promise about something that was not measured: silence is not a yes."""
        return Outcome.NOT_MEASURED if self.objective.optional else Outcome.INVALID


def judge(run: Run, ledger: Ledger, validity: Validity, comparisons: Sequence[Comparison]) -> tuple[Verdict, ...]:
    """Return the verdict on every promise of the scenario, variant by variant."""
    changes = {(its.measure.key, its.operation, its.stage, its.kind): its for its in comparisons}
    verdicts = []
    for case in _cases(run):
        if fired := _fired(run, case):
            verdicts.append(judge_abort(case, fired))
        elif (case.variant, case.stage) in validity.cut:
            verdicts.append(case.verdict(Outcome.NOT_MEASURED, validity.cut[case.variant, case.stage]))
        elif not run.of(case.variant):
            verdicts.append(case.verdict(Outcome.INVALID, f"no trial of {case.variant} was run"))
        elif unsound := next((its for its in _needed(run, case) if not validity.sound(case.variant, its)), None):
            value = ledger.estimate(case.measure, case.variant, case.stage, case.operation)
            reason = validity.reason(case.variant, unsound)
            verdicts.append(case.verdict(Outcome.INVALID, reason, None if case.criterion.change else value))
        elif case.criterion.change is None:
            verdicts.append(judge_level(case, ledger.estimate(case.measure, case.variant, case.stage, case.operation)))
        elif run.scenario.baseline is None or not comparisons:
            verdicts.append(case.verdict(*_no_baseline(case)))
        else:
            found = changes.get((case.measure.key, case.operation, case.stage, case.criterion.change))
            verdicts.append(judge_change(case, found))
    return tuple(verdicts)


def _needed(run: Run, case: Case) -> Iterator[str]:
    """Yield the stages that must be sound for a promise to be judged: recovery is measured against another one too."""
    yield case.stage
    if case.objective.indicator.kind is IndicatorKind.RECOVERY:
        before = reference(run.scenario.stages, case.stage)
        if before is not None:
            yield before.name


def _cases(run: Run) -> Iterator[Case]:
    """Yield every promise; changes are asked of the contender only."""
    for variant in run.scenario.variants:
        for objective in run.scenario.objectives:
            for criterion in objective.criteria:
                if criterion.change is not None and variant is not run.scenario.contender:
                    continue
                measure = Measure.of(objective.indicator, criterion)
                for operation in operations(run.scenario, measure, objective.operation):
                    for stage in objective.stages:
                        yield Case(objective, criterion, variant.name, operation, stage)


def _fired(run: Run, case: Case) -> AbortRecord | None:
    """Return the abort that this very promise caused, if it did."""
    mine = (run.scenario.objectives.index(case.objective), case.criterion.text, case.stage, case.operation)
    for trial in run.of(case.variant):
        its = trial.abort
        if its is not None and (its.objective, its.criterion, its.stage, its.operation) == mine:
            return its
    return None


def judge_abort(case: Case, abort: AbortRecord) -> Verdict:
    """Return the verdict on a promise whose breach ended the run: what was seen then stands."""
    value = without_interval(math.inf if abort.value is None else abort.value, abort.samples, "seen while the load ran")
    over = "so far" if abort.window_s is None else f"over {units.duration(abort.window_s)}"
    said = wording.level_reason(case.measure, case.criterion, value, holds=False)
    return case.verdict(Outcome.FAIL, f"{said}; {over} at second {abort.at_s:g} of the plan, and the run ended", value)


def _no_baseline(case: Case) -> tuple[Outcome, str]:
    outcome = Outcome.NOT_MEASURED if case.objective.optional else Outcome.NO_BASELINE
    return outcome, "there is no baseline to compare with"


def judge_level(case: Case, value: Estimate) -> Verdict:
    """Return the verdict on a level: the estimate against the limit, when there are samples enough to speak."""
    needed = min_samples(case.objective, case.criterion)
    if not value.measured:
        return case.verdict(case.unmeasured, f"not measured: {value.method}", value)
    if value.samples < needed:
        return case.verdict(case.unmeasured, wording.too_few(value.samples, needed), value)
    holds = case.criterion.holds(value.value)
    return case.verdict(
        Outcome.PASS if holds else case.broken,
        wording.level_reason(case.measure, case.criterion, value, holds=holds),
        value,
    )


def judge_change(case: Case, comparison: Comparison | None) -> Verdict:
    """Return the verdict on a change, by the rule "significant".

    It passes when the whole interval meets the limit, or the estimate does; it fails when the whole interval violates
    the limit, or the estimate does and the change itself is proved; else more trials are needed: a warning.
    """
    if comparison is None:
        return case.verdict(case.unmeasured, "not measured, or too few samples for the percentile")
    needed = min_samples(case.objective, case.criterion)
    samples = min(comparison.before.samples, comparison.after.samples)
    if not comparison.measured:
        return case.verdict(case.unmeasured, f"no change to judge: {comparison.note}", None, comparison)
    if samples < needed:
        reason = wording.too_few(samples, needed)
        return case.verdict(case.unmeasured, reason, comparison.change, comparison)
    decided = decide_change(case.criterion, comparison)
    reason = wording.change_reason(case.criterion, comparison, decided)
    outcome = {True: Outcome.PASS, False: case.broken, None: Outcome.WARN}[decided]
    return case.verdict(outcome, reason, comparison.change, comparison)


def decide_change(criterion: Criterion, comparison: Comparison) -> bool | None:
    """Return whether a signed criterion holds; None when the trials do not say."""
    change = comparison.change
    low = change.low if change.low is not None else -math.inf
    high = change.high if change.high is not None else math.inf
    good, bad = (low, high) if criterion.limits_from_above else (high, low)
    if criterion.holds(bad):
        return True
    if not criterion.holds(good) or (comparison.bound is Bound.AT_LEAST and math.isinf(comparison.after.value)):
        return False
    if criterion.holds(change.value):
        return None if comparison.bound is Bound.AT_LEAST else True
    proved = low > 0 if criterion.limits_from_above else high < 0
    return False if proved and comparison.bound is not Bound.AT_MOST else None
