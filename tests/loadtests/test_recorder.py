"""Rows counted by the thousand, against samples counted one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadtests.recorder import Recorder
from loadtests.sample import OK, TIMEOUT, UNSENT, Sample
from loadtests.second import Second
from loadtests.tallies import LARGEST_S, Tallies
from loadtests.tape import Tape

STAGES, OPERATIONS = ("warm-up", "1x"), ("search", "open")


def samples(count, seed):
    """Requests of every kind: answered, failed, timed out without a byte, never sent."""
    rng = np.random.default_rng(seed)
    for due_s in np.sort(rng.uniform(0, 3, count)).tolist():
        outcome = str(rng.choice([OK, OK, OK, "http_503", TIMEOUT, UNSENT]))
        sent_s = None if outcome == UNSENT else due_s + rng.exponential(0.001)
        first_s = None if outcome in (TIMEOUT, UNSENT) else sent_s + rng.lognormal(-5, 1)
        finished_s = (first_s or due_s + 2.0) + rng.exponential(0.001)
        size = int(rng.integers(0, 5000)) if first_s else 0
        operation = str(rng.choice(OPERATIONS))
        yield "1x" if due_s > 1 else "warm-up", Sample(operation, due_s, finished_s, outcome, sent_s, first_s, size)


def rows_of(recorder, pairs):
    return np.array(
        [
            (
                recorder.kind(stage, its.operation),
                its.due_s,
                recorder.codes[its.outcome],
                math.nan if its.sent_s is None else its.sent_s,
                math.nan if its.first_byte_s is None else its.first_byte_s,
                its.finished_s,
                its.size_bytes,
            )
            for stage, its in pairs
        ]
    )


def test_counting_by_the_thousand_is_counting_one_by_one():
    """Every outcome, byte, bucket, sum, smallest and largest agrees with the plain way of counting."""
    pairs = list(samples(4000, seed=7))
    recorder, expected = Recorder(STAGES, OPERATIONS), {}
    for start in range(0, len(pairs), 700):  # in pieces, as the hot path hands them on
        recorder.count(rows_of(recorder, pairs[start : start + 700]))
    for stage, its in pairs:
        expected.setdefault((int(its.due_s), stage, its.operation), Second(int(its.due_s), stage, its.operation)).add(
            its
        )
    counted = {(its.t, its.stage, its.operation): its for its in recorder.drain()}
    assert counted.keys() == expected.keys()
    for place, second in counted.items():
        assert (second.outcomes, second.size_bytes) == (expected[place].outcomes, expected[place].size_bytes)
        for mine, its in ((second.ok, expected[place].ok), (second.failed, expected[place].failed)):
            for timing, histogram in its.items():
                assert mine[timing].counts == histogram.counts
                assert mine[timing].total == histogram.total
                assert mine[timing].sum_s == pytest.approx(histogram.sum_s)
                assert (mine[timing].smallest_s, mine[timing].largest_s) == (histogram.smallest_s, histogram.largest_s)


def test_what_is_due_is_counted_before_its_outcome_is_known():
    """Planned arrivals by second and kind, and how late they were handed over."""
    recorder = Recorder(STAGES, OPERATIONS)
    kind = recorder.kind("1x", "open")
    recorder.plan(np.array([(kind, 1.2, 0.001), (kind, 1.9, 0.003), (kind, 2.0, 0.002)]))
    assert [(its.t, its.planned, its.finished) for its in recorder.drain()] == [(1, 2, 0), (2, 1, 0)]
    lateness = recorder.drain_lateness()
    assert (lateness.total, lateness.smallest_s, lateness.largest_s) == (3, 0.001, 0.003)


def test_each_drain_begins_anew():
    """What was drained is not counted again, also when its place in the arrays is used again."""
    recorder = Recorder(STAGES, OPERATIONS)
    first, second = list(samples(300, seed=1)), list(samples(300, seed=2))
    recorder.count(rows_of(recorder, first))
    recorder.drain()
    recorder.count(rows_of(recorder, second))
    parts = recorder.drain()
    assert sum(its.finished for its in parts) == 300
    assert sum(its.size_bytes for its in parts) == sum(its.size_bytes for _, its in second)
    assert recorder.drain() == []
    assert recorder.drain_lateness().total == 0


def test_a_hundred_kinds_have_room():
    """Arrays grow with what is open."""
    stages = [f"s{n}" for n in range(50)]
    recorder = Recorder(stages, OPERATIONS)
    pairs = [(stage, Sample("open", 0.5, 0.6, OK, 0.5, 0.55, 3)) for stage in stages]
    recorder.count(rows_of(recorder, pairs))
    assert {its.stage: its.outcomes[OK] for its in recorder.drain()} == dict.fromkeys(stages, 1)


def test_durations_beyond_every_bucket_are_counted_at_the_ends():
    """Zero, and more than eleven days; smallest and largest stay exact."""
    tallies = Tallies()
    tallies.add(np.array([3, 3, 3]), np.array([0.0, 0.5, 10 * LARGEST_S]))
    histogram = tallies.take(3)
    assert (histogram.total, histogram.smallest_s, histogram.largest_s) == (3, 0.0, 10 * LARGEST_S)
    assert tallies.take(3).total == tallies.take(99).total == 0


def test_a_tape_hands_on_what_was_written_once():
    """Rows in their order, as an array; an empty tape hands on nothing."""
    taken = []
    tape = Tape(2, taken.append)
    tape.hand_on()
    tape.write((1, 2.5))
    tape.write((3, 4.5))
    assert len(tape) == 2
    tape.hand_on()
    tape.hand_on()
    assert [rows.tolist() for rows in taken] == [[[1.0, 2.5], [3.0, 4.5]]]
