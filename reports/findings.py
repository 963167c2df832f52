"""Findings: everything that a finished run says, before any of it is put into words or pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.run import Run
from reports.checking import check_run
from reports.comparing import Recall, compare, no_history
from reports.comparison import Answer, Comparison
from reports.judging import judge
from reports.ledger import Ledger
from reports.measure import Measure
from reports.validity import Validity
from reports.verdict import EXIT_CODES, Outcome, Verdict, worst
from scenarios.objective import Severity


@dataclass(frozen=True, slots=True)
class Findings:
    """A run with its checks, comparisons and verdicts.

    `outcomes` holds the outcome of each variant; that of the contender is the run's. `apart` tells that baseline and
    contender come from two runs made one after the other.
    """

    run: Run
    ledger: Ledger
    validity: Validity
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[Verdict, ...]
    outcomes: Mapping[str, Outcome]
    recall: Recall = no_history
    apart: bool = False

    @property
    def outcome(self) -> Outcome:
        """The outcome of the run: that of its contender; an abort, or a regression between two runs, makes it FAIL."""
        own = self.outcomes[self.run.scenario.contender.name]
        if self.aborted or (self.apart and self.regressions):
            return worst((own, Outcome.FAIL))
        return own

    @property
    def aborted(self) -> bool:
        """Whether a promise that the contender broke ended the run early: that is a no, whatever was not reached."""
        return any(trial.abort is not None for trial in self.run.of(self.run.scenario.contender.name))

    @property
    def exit_code(self) -> int:
        """The exit code of the run."""
        return EXIT_CODES[self.outcome]

    @property
    def regressions(self) -> tuple[Comparison, ...]:
        """What regressed among the measures of key objectives whose breach would fail, in the stages they speak of."""
        gated = {
            (Measure.of(its.indicator, criterion).key, stage)
            for its in self.run.scenario.objectives
            if its.key and its.severity is Severity.FAIL
            for criterion in its.criteria
            for stage in its.stages
        }
        return tuple(
            its for its in self.comparisons if its.answer is Answer.REGRESSED and (its.measure.key, its.stage) in gated
        )

    @property
    def equal_settings(self) -> bool:
        """Whether baseline and contender are the same setting, as in an A/A experiment."""
        baseline = self.run.scenario.baseline
        return baseline is not None and not self.apart and baseline.same_setting(self.run.scenario.contender)

    def of(self, variant: str) -> tuple[Verdict, ...]:
        """Return the verdicts on one variant."""
        return tuple(its for its in self.verdicts if its.variant == variant)


def find(run: Run, recall: Recall = no_history, *, apart: bool = False) -> Findings:
    """Return everything that a run says; `recall` looks up the A/A history of its cells."""
    ledger = Ledger(run)
    validity = check_run(run, ledger)
    comparisons = compare(run, ledger, validity, recall)
    verdicts = judge(run, ledger, validity, comparisons)
    outcomes = {
        variant.name: worst(its.outcome for its in verdicts if its.variant == variant.name)
        for variant in run.scenario.variants
    }
    return Findings(run, ledger, validity, comparisons, verdicts, outcomes, recall, apart)
