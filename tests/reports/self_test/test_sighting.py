"""What counts as a fault that was detected: outcomes and verdicts written out, judged as the self-test judges them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.self_test.case import Case, Expected
from reports.estimate import without_interval
from reports.self_test import words
from reports.self_test.sighting import Sighting, sight
from reports.verdict import Outcome, Verdict
from scenarios.criterion import parse_criterion
from scenarios.indicator import BUILT_IN
from scenarios.objective import Objective

TAIL = Case("tail", "a slow tail", Expected.FAIL, "latency p95")
WHOLE = Case("whole", "nothing", Expected.PASS)
SHORT = Case("too-few", "the load", Expected.INVALID)


def verdict(name: str, text: str, outcome: Outcome, value: float = 0.25) -> Verdict:
    indicator = BUILT_IN[name]
    criterion = parse_criterion(text, indicator)
    objective = Objective(indicator, (criterion,), ("load",))
    estimate = without_interval(value, 900, "")
    return Verdict(objective, criterion, "v", "search", "load", outcome, estimate, f"{name} is {outcome}; and more")


def slow(outcome: Outcome) -> Verdict:
    return verdict("latency", "p(95)<100ms", outcome)


def errors(outcome: Outcome) -> Verdict:
    return verdict("errors", "rate<1%", outcome, 0.03)


@pytest.mark.parametrize(
    ("case", "outcome", "verdicts", "seen", "remark"),
    [
        (TAIL, Outcome.FAIL, [slow(Outcome.FAIL), errors(Outcome.PASS)], True, ""),
        (TAIL, Outcome.PASS, [slow(Outcome.PASS)], False, "it said pass, not fail"),
        (TAIL, Outcome.FAIL, [slow(Outcome.FAIL), errors(Outcome.FAIL)], False, "also broken: errors rate 3 % (< 1 %)"),
        (TAIL, Outcome.FAIL, [slow(Outcome.PASS), errors(Outcome.FAIL)], False, "broken instead: errors rate"),
        (TAIL, Outcome.INVALID, [slow(Outcome.INVALID)], False, "could not be judged: latency is invalid"),
        (TAIL, Outcome.FAIL, [], False, "it said fail, not fail"),
        (WHOLE, Outcome.PASS, [slow(Outcome.PASS), errors(Outcome.PASS)], True, ""),
        (WHOLE, Outcome.FAIL, [slow(Outcome.FAIL)], False, "broken instead: latency p95 250 ms (< 100 ms)"),
        (WHOLE, Outcome.WARN, [slow(Outcome.PASS), errors(Outcome.WARN)], False, "it said warn, not pass"),
        (WHOLE, Outcome.INVALID, [slow(Outcome.INVALID)], False, "could not be judged"),
        (SHORT, Outcome.INVALID, [slow(Outcome.INVALID), errors(Outcome.PASS)], True, ""),
        (SHORT, Outcome.PASS, [slow(Outcome.PASS)], False, "it said pass, not invalid"),
        (SHORT, Outcome.FAIL, [slow(Outcome.FAIL)], False, "broken instead"),
    ],
)
def test_a_case_is_seen_when_the_gate_says_that_and_nothing_else(case, outcome, verdicts, seen, remark) -> None:
    """FAIL on exactly the promise that names the fault; PASS of a whole service; INVALID where nothing can be said."""
    found = sight(case, outcome, verdicts)
    assert found.seen is seen
    assert found.remark.replace("\u00a0", " ").startswith(remark)
    assert bool(found.remark) is not seen


def test_the_measured_figure_is_that_of_the_promise_or_why_there_is_none() -> None:
    """A reader sees what the fault did, beside the limit; of what cannot be judged, the first clause of the reason."""
    told = [
        sight(TAIL, Outcome.FAIL, [errors(Outcome.PASS), slow(Outcome.FAIL)]).measured,
        sight(WHOLE, Outcome.PASS, [errors(Outcome.PASS), slow(Outcome.NOT_MEASURED)]).measured,
        sight(SHORT, Outcome.INVALID, [slow(Outcome.INVALID)]).measured,
        sight(TAIL, Outcome.FAIL, [errors(Outcome.FAIL)]).measured,
    ]
    assert [text.replace("\u00a0", " ") for text in told] == [
        "250 ms (< 100 ms)",
        "1 of 1 promise kept",
        "latency is invalid",
        "there is no promise latency p95",
    ]


def sighting(case: Case, *, seen: bool) -> Sighting:
    return Sighting(case, Outcome.PASS, (), "", seen)


def test_one_case_that_is_not_seen_is_enough_and_none_is_no_yes() -> None:
    """The whole passes only when every case does."""
    good = [sighting(TAIL, seen=True), sighting(WHOLE, seen=True), sighting(SHORT, seen=True)]
    assert words.passed(good)
    assert words.headline(good) == (
        "The gate can be trusted: 1 of 1 fault detected, 1 of 1 healthy run passed, 1 of 1 unsound measurement refused."
    )
    assert not words.passed([*good, sighting(replace(TAIL, name="other"), seen=False)])
    assert not words.passed([])
    assert words.headline([sighting(TAIL, seen=False)]) == "The gate cannot be trusted: 0 of 1 fault detected."
