"""Sighting: a case of the self-test beside what the gate said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.self_test.case import Case, Expected
from reports import units, wording
from reports.measure import Measure
from reports.verdict import Outcome, Verdict

EXPECTED = {Expected.PASS: Outcome.PASS, Expected.FAIL: Outcome.FAIL, Expected.INVALID: Outcome.INVALID}


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the gate said of a case.

    `broken` are the promises that it found broken, as `latency p95`. `measured` is the figure that speaks: of the
    promise that had to break, beside its limit; else why. `seen` tells whether the gate said what it had to say, and
    nothing else; `remark` says what was wrong, or that the case had to be measured again. `run` is the run's folder.
    """

    case: Case
    outcome: Outcome
    broken: tuple[str, ...]
    measured: str
    seen: bool
    remark: str = ""
    run: str = ""


def key(verdict: Verdict) -> str:
    """Return the stable name of the promise that a verdict speaks of, such as `latency p95`."""
    return Measure.of(verdict.objective.indicator, verdict.criterion).key


def sight(case: Case, outcome: Outcome, verdicts: Sequence[Verdict], *, run: str = "") -> Sighting:
    """Hold what the gate said against what it had to say.

    A fault is seen when the outcome is FAIL and the promise that names the fault is the only one broken: a gate that
    turns red for another reason would have been red without the fault too.
    """
    broken = tuple(dict.fromkeys(key(its) for its in verdicts if its.outcome is Outcome.FAIL))
    wanted = (case.promise,) if case.promise else ()
    right = outcome is EXPECTED[case.expected] and (case.expected is Expected.INVALID or broken == wanted)
    remark = "" if right else _wrong(case, outcome, broken, verdicts)
    return Sighting(case, outcome, broken, _measured(case, verdicts), right, remark, run)


def _measured(case: Case, verdicts: Sequence[Verdict]) -> str:
    """Return the figure that speaks for a case."""
    if case.expected is Expected.FAIL:
        found = next((its for its in verdicts if key(its) == case.promise), None)
        return f"there is no promise {case.promise}" if found is None else figure(found)
    if case.expected is Expected.INVALID:
        reason = next((its.reason for its in verdicts if its.outcome is Outcome.INVALID), "nothing was found wrong")
        return reason.removeprefix("trial 1: ").partition(";")[0]  # the run's own report has the rest
    kept = sum(its.outcome is Outcome.PASS for its in verdicts)
    asked = sum(its.outcome is not Outcome.NOT_MEASURED for its in verdicts)
    return f"{kept} of {units.plural(asked, 'promise')} kept"


def figure(verdict: Verdict) -> str:
    """Return a verdict's value beside its limit, such as `126 ms (< 100 ms)`."""
    indicator, value = verdict.objective.indicator, verdict.value.value
    limit = wording.limit(indicator, verdict.criterion)
    if math.isnan(value):
        return f"{units.NOT_MEASURED} ({limit})"
    return f"{units.amount(indicator, value, limit=verdict.criterion.limit)} ({limit})"


def _wrong(case: Case, outcome: Outcome, broken: tuple[str, ...], verdicts: Sequence[Verdict]) -> str:
    if outcome is Outcome.INVALID:
        reason = next((its.reason for its in verdicts if its.outcome is Outcome.INVALID), "nothing was judged")
        return f"could not be judged: {reason}"
    others = [name for name in broken if name != case.promise]
    if others:
        told = [f"{key(its)} {figure(its)}" for its in verdicts if key(its) in others and its.outcome is Outcome.FAIL]
        return f"also broken: {'; '.join(told)}" if case.promise in broken else f"broken instead: {'; '.join(told)}"
    return f"it said {outcome}, not {case.expected}"
