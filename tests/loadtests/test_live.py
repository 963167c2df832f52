"""Promises judged while the load runs, from seconds that are written out."""

from __future__ import annotations

import math

import pytest

from loadtests.live import LiveJudge, Standing, judge_of
from loadtests.manifest import TrialRecord
from loadtests.run import Trial
from loadtests.sample import OK, TIMEOUT
from loadtests.second import Second
from loadtests.timeline import timeline
from reports.measure import Measure, read
from reports.slice import slice_of
from scenarios.reading import parse_scenario

TEXT = """
name: live
baseline: 100/s
target: {timeout: 2s}
stages:
  - {name: warm-up, multiplier: 1, duration: 2s, kind: warmup}
  - {name: 1x, multiplier: 1, duration: 20s}
  - {name: 3x, multiplier: 3, duration: 20s}
objectives:
  - {indicator: latency, criteria: ["p(90)<100ms"], abort_on_fail: true%s}
  - {indicator: errors, criteria: [rate<5%%]}
  - {indicator: throughput, criteria: [rate>=90/s], stages: [1x]}
  - {indicator: recall@10, criteria: [avg>=0.5]}
"""


def scenario(keys=""):
    return parse_scenario(TEXT % keys, "live.yaml")


def second(t, value_ms, stage="1x", planned=100, failed=0):
    its = Second(t, stage, "search", planned=planned)
    its.outcomes.update({OK: planned - failed})
    its.outcomes.update({TIMEOUT: failed} if failed else {})
    for _ in range(planned - failed):
        its.ok["latency"].add(value_ms / 1000)
    for _ in range(failed):
        its.failed["latency"].add(2.0)
    return its


def aborted_at(judge, seconds):
    """Feed second after second, as one generator would report them; return the record of the abort."""
    for its in seconds:
        judge.add(its)
        judge.reported(0, its.t)
        if record := judge.broken():
            return record
    return None


def test_too_few_samples_abort_nothing():
    """p90 needs 300 requests: at 100/s the third slow second of the stage is the first that may decide."""
    record = aborted_at(LiveJudge(scenario()), [second(t, 500) for t in range(2, 22)])
    assert record is not None
    assert (record.at_s, record.samples, record.stage, record.objective) == (5.0, 300, "1x", 0)
    assert record.value == pytest.approx(0.5, rel=0.006)


def test_the_delay_counts_from_the_start_of_the_stage():
    """delay_abort_eval: nothing is decided in the first ten seconds, however slow."""
    record = aborted_at(LiveJudge(scenario(", delay_abort_eval: 10s")), [second(t, 500) for t in range(2, 22)])
    assert record is not None
    assert record.at_s == 12.0


@pytest.mark.parametrize(("window", "at_s"), [("", None), (", abort_window: 4s", 17.0)])
def test_a_window_forgets_what_was_good_before(window, at_s):
    """Ten good seconds outweigh five slow ones in the stage so far: k6's cumulative sense. Over the last four, not."""
    seconds = [second(t, 10) for t in range(2, 16)] + [second(t, 500, planned=60) for t in range(16, 18)]
    record = aborted_at(LiveJudge(scenario(window)), seconds)
    assert (record.at_s if record else None) == at_s


def test_warm_up_aborts_nothing():
    """It is left out of every judgement by name."""
    assert aborted_at(LiveJudge(scenario()), [second(t, 500, "warm-up", 400) for t in (0, 1)]) is None


def test_failures_are_infinitely_slow_here_too():
    """A service that fails fast is aborted; the value has no end."""
    record = aborted_at(LiveJudge(scenario()), [second(t, 1, failed=50) for t in range(2, 10)])
    assert record is not None
    assert record.value is None


def test_a_second_counts_when_its_requests_have_an_outcome_or_patience_is_over():
    """What is still under way says nothing yet; what never answers does in the end."""
    judge = LiveJudge(scenario())
    for t in range(2, 8):
        pending = Second(t, "1x", "search", planned=100)
        judge.add(pending)
        judge.reported(0, t)
    assert judge.settled_s <= 5
    judge.reported(0, 12)
    assert judge.settled_s == 8
    record = judge.broken()
    assert record is not None
    assert record.value is None


def test_no_second_counts_before_every_generator_has_reported_it():
    """One worker's half of a second is not the second; one that fell silent is not waited for."""
    judge = LiveJudge(scenario())
    for t in range(2, 6):
        judge.add(second(t, 10))
        judge.reported(0, t)
        judge.reported(1, 2)
    assert judge.settled_s == 3
    for t in range(6, 12):
        judge.add(second(t, 10))
        judge.reported(0, t)
    assert judge.settled_s == 12


def test_every_promise_that_can_be_told_is_told():
    """Kept, broken, waiting; quality is judged when the load has ended."""
    judge = judge_of(scenario(), [second(t, 10, failed=10 if t > 5 else 0) for t in range(2, 12)])
    found = {(its.objective, its.stage): its.standing for its in judge.verdicts()}
    assert found == {(0, "1x"): Standing.KEPT, (1, "1x"): Standing.BROKEN, (2, "1x"): Standing.KEPT}


def test_the_live_judge_and_the_report_compute_alike():
    """One promise, one number: over the same seconds both say the same."""
    asked = scenario()
    seconds = [second(t, 10 + t, failed=t % 3) for t in range(2, 22)]
    trial = Trial(TrialRecord(1, 1, "service", 1), timeline(seconds))
    for verdict in judge_of(asked, seconds).verdicts():
        objective = asked.objectives[verdict.objective]
        measure = Measure.of(objective.indicator, verdict.criterion)
        found = read(measure, [slice_of(trial, asked, verdict.stage, verdict.operation)])
        assert verdict.value == pytest.approx(found.value), measure.key
        assert verdict.samples == found.samples


def test_memory_does_not_grow_with_time():
    """An hour of seconds leaves the open ones and those of the window."""
    judge = LiveJudge(parse_scenario(TEXT.replace("duration: 20s", "duration: 2h") % ", abort_window: 4s", "x"))
    for t in range(2, 3602):
        judge.add(second(t, 10, planned=10))
        judge.reported(0, t)
    assert len(judge._open) == 0
    assert max(len(its) for its in judge._recent.values()) <= 4
    assert not math.isnan(next(judge.verdicts()).value)


STREAMS = """
name: live
baseline: 100/s
target: {kind: http, url: 'http://127.0.0.1:1', requests: [{name: look, path: /}, {name: chat, path: /c, stream: true}]}
workload: {sessions: [{name: visit, steps: [look, chat]}]}
stages: [{name: 1x, multiplier: 1, duration: 20s}]
objectives:
  - {indicator: event_gap, criteria: ["p(50)<10ms"]}
  - {indicator: waiting, criteria: ["p(50)<1s"]}
"""


def test_events_and_sessions_are_judged_of_those_who_have_them():
    """A good reply without a gap is none the slower for it; of sessions are asked the numbers that only they have."""
    chat, visit = Second(3, "1x", "chat", planned=100), Second(3, "1x", "visit", planned=80)
    chat.outcomes.update({OK: 99, TIMEOUT: 1})
    visit.outcomes.update({OK: 80})
    for number in range(80):
        chat.ok["event_gap"].add(0.005 if number < 70 else 0.05)
        visit.ok["waiting"].add(0.5)
    found = {
        (its.operation, its.criterion.text): its
        for its in judge_of(parse_scenario(STREAMS, "x"), [chat, visit]).verdicts()
    }
    assert set(found) == {("chat", "p(50)<10ms"), ("visit", "p(50)<1s")}
    gap = found["chat", "p(50)<10ms"]
    assert (gap.samples, gap.standing) == (81, Standing.KEPT)
    assert gap.value == pytest.approx(0.005, rel=0.01)
