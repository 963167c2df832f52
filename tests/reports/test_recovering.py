"""Recovery from timelines that are written out: when a reader would say that the latency is back, so does the code."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from loadtests.sample import OK, TIMEOUT
from loadtests.second import Second
from reports.recovering import interval, recovery
from reports.slice import Slice

USUAL_MS = [10, 11, 9, 10, 10.5, 9.5, 10]
PEAK_MS = 400


def stage(p95s_ms, start_s=0.0, per_s=100, before=None, trial=1):
    """A stage with one second for each p95 in ms: all requests take that long; None means that nothing was due."""
    parts, whole = [], Second(int(start_s), "stage", "search")
    for offset, value_ms in enumerate(p95s_ms):
        if value_ms is None:
            continue
        part = Second(int(start_s) + offset, "stage", "search", planned=per_s)
        if math.isinf(value_ms):
            part.outcomes[TIMEOUT] = per_s
        else:
            part.outcomes[OK] = per_s
            for _ in range(per_s):
                part.ok["latency"].add(value_ms / 1000)
        parts.append(part)
        whole.merge(part)
    return Slice(trial, float(len(p95s_ms)), 2.0, whole, tuple(parts), start_s=start_s, before=before)


def after_peak(p95s_ms, usual_ms=USUAL_MS, per_s=100):
    return stage(p95s_ms, start_s=20.0, per_s=per_s, before=stage(usual_ms, per_s=per_s))


@pytest.mark.parametrize(
    ("p95s_ms", "back_s"),
    [
        ([10, 10, 11, 9, 10, 10, 10], 0),  # never away
        ([PEAK_MS, 10, 10, 10, 10, 10, 10], 1),  # the queue of the peak was gone after a second
        ([PEAK_MS, 200, 80, 10, 10, 10, 10], 3),
        ([PEAK_MS, 10, PEAK_MS, 200, 10, 10, 10], 4),  # it fell back: counted from the last time
        ([PEAK_MS, 10, 10, 40, 10, 10, 10], 1),  # one second alone is chance
        ([PEAK_MS, 200, 80, 10, 10, 10, 40], 3),  # so is the last one alone
        ([PEAK_MS, 200, 80, 10, 10, 40, 40], math.inf),  # but two are not, and nobody saw them end
        ([PEAK_MS] * 7, math.inf),
        ([math.inf, math.inf, 10, 10, 10, 10, 10], 2),  # failures are infinitely slow
        ([None, None, 10, 10, 10, 10, 10], 2),  # silence is not a yes
        ([5, 5, 5, 5, 5, 5, 5], 0),  # faster than before is fine
    ],
)
def test_a_trial_is_back_when_the_last_run_of_slow_seconds_ends(p95s_ms, back_s):
    """Settling time: from then on the latency stays where it was before."""
    assert recovery([after_peak(p95s_ms)]).times_s == (back_s,)


def test_the_interval_is_the_prediction_interval_of_one_further_second():
    """Against scipy: log-normal, t on n - 1 degrees of freedom, for a new observation."""
    usual_s = [value / 1000 for value in (8, 10, 12, 9, 11)]
    logs = [math.log(its) for its in usual_s]
    half = stats.t.ppf(0.975, 4) * stats.tstd(logs) * math.sqrt(1 + 1 / 5)
    middle = sum(logs) / 5
    assert interval(usual_s, 0.01) == pytest.approx((math.exp(middle - half), math.exp(middle + half)))


def test_a_change_that_does_not_matter_is_recovered():
    """A steady 10.0 ms before and 10.8 ms after are the same within the tolerance of 10 %."""
    assert recovery([after_peak([10.8] * 7, usual_ms=[10.0] * 7)]).times_s == (0,)
    assert recovery([after_peak([11.5] * 7, usual_ms=[10.0] * 7)]).times_s == (math.inf,)


def test_slow_rates_take_longer_steps():
    """At 10/s a second holds no p95: steps of 4 s, and the time is read in those."""
    found = recovery([after_peak([PEAK_MS] * 5 + [10] * 15, usual_ms=[10.0] * 20, per_s=10)])
    assert (found.step_s, found.times_s) == (4, (8.0,))


def test_several_trials_give_an_estimate():
    """Mean and Student's t interval of 2, 3 and 4 s, from the tables: 4.303 standard errors at two degrees."""
    slices = [after_peak([PEAK_MS] * back + [10] * (7 - back)) for back in (2, 3, 4)]
    found = recovery(slices).estimate()
    assert found.value == 3.0
    assert (found.low, found.high) == pytest.approx((3 - 4.303 / math.sqrt(3), 3 + 4.303 / math.sqrt(3)), abs=1e-3)
    assert found.samples == 3


def test_equal_trials_are_not_known_to_the_microsecond():
    """Times read in whole seconds have the spread of rounding, 1/12 s², at the least."""
    found = recovery([after_peak([PEAK_MS, 10, 10, 10, 10, 10, 10]) for _ in range(3)]).estimate()
    assert (found.value, found.high) == pytest.approx((1.0, 1 + 4.303 / 6), abs=1e-3)


def test_one_late_trial_makes_the_whole_late():
    """Nobody averages over what was never seen to end."""
    found = recovery([after_peak([PEAK_MS, 10, 10, 10, 10, 10, 10]), after_peak([PEAK_MS] * 7)]).estimate()
    assert math.isinf(found.value)
    assert (found.low, found.high) == (None, None)
    assert "not within the stage in 1 of 2 trials" in found.method


@pytest.mark.parametrize(
    ("slices", "why"),
    [
        ([], "no stage was measured"),
        ([stage([10] * 7)], "no stage was measured"),
        ([after_peak([10] * 2, usual_ms=[10] * 2)], "too short"),
        ([after_peak([10] * 7, usual_ms=[10, math.inf, 10, 10, 10, 10, 10])], "no end before the peak"),
    ],
)
def test_what_cannot_be_known_is_not_a_number(slices, why):
    """No reference, too little to see, or a reference that did not answer itself: not measured, and why."""
    found = recovery(slices)
    assert why in found.note
    assert math.isnan(found.estimate().value)
