"""Seconds, the recorder that fills them, and the timeline that merges them."""

from __future__ import annotations

import orjson
import pytest

from loadtests.health import HealthSecond
from loadtests.sample import OK, TIMEOUT, UNSENT, Sample
from loadtests.second import Second
from loadtests.timeline import timeline
from scenarios.stage import Stage, StageWindow
from tests.loadtests.one_by_one import OneByOne


def answered(due_s, latency_s, wait_s=0.0):
    return Sample("search", due_s, due_s + latency_s, OK, due_s + wait_s, due_s + wait_s + 0.001, 100)


def test_a_sample_has_three_latencies():
    """Latency counts from the due time, service time from the send, ttfb from the send to the first byte."""
    sample = Sample("search", due_s=1.0, finished_s=1.5, outcome=OK, sent_s=1.2, first_byte_s=1.4)
    assert sample.latency_s == pytest.approx(0.5)
    assert sample.service_time_s == pytest.approx(0.3)
    assert sample.ttfb_s == pytest.approx(0.2)


def test_what_was_never_sent_has_only_a_latency():
    """Waiting is felt by the caller even when nothing was sent."""
    sample = Sample("search", 1.0, 3.0, UNSENT)
    assert (sample.latency_s, sample.service_time_s, sample.ttfb_s) == (2.0, None, None)


def test_samples_count_in_the_second_they_were_due():
    """A request due in second 3 that ends in second 5 belongs to second 3."""
    recorder = OneByOne()
    recorder.plan("1x", "search", 3.9)
    recorder.add("1x", answered(3.9, 1.5))
    (second,) = recorder.drain()
    assert (second.t, second.planned, second.finished) == (3, 1, 1)
    assert recorder.drain() == []


def test_parts_of_a_second_merge_to_the_whole():
    """A second may be written in parts, by later flushes and by other workers; reading merges them."""
    recorder, parts = OneByOne(), []
    for number in range(10):
        recorder.plan("1x", "search", 0.05 * number)
        recorder.add("1x", answered(0.05 * number, 0.010 + number * 0.001))
        if number in (2, 3, 9):
            parts += recorder.drain()
    assert len(parts) == 3
    whole = timeline(parts).stage("1x")
    assert (whole.planned, whole.outcomes[OK], whole.size_bytes) == (10, 10, 1000)
    assert whole.ok["latency"].sum_s == pytest.approx(sum(0.010 + n * 0.001 for n in range(10)))


def test_good_and_failed_requests_are_kept_apart():
    """Failures have latencies of their own: they must neither improve nor worsen those of the good ones."""
    recorder = OneByOne()
    recorder.add("1x", answered(0.1, 0.020))
    recorder.add("1x", Sample("search", 0.2, 2.2, TIMEOUT, 0.2))
    recorder.add("1x", Sample("search", 0.3, 2.3, UNSENT))
    (second,) = recorder.drain()
    assert (second.finished, second.failures, second.sent) == (3, 2, 2)
    assert (second.ok["latency"].total, second.failed["latency"].total) == (1, 2)
    assert second.failed["service_time"].total == 1


def test_a_second_survives_the_way_to_disk():
    """JSON and back gives the same second."""
    recorder = OneByOne()
    recorder.plan("5x", "search", 7.2)
    recorder.add("5x", answered(7.2, 0.030, wait_s=0.004))
    (second,) = recorder.drain()
    back = Second.from_json(orjson.loads(orjson.dumps(second.to_json())))
    assert back.to_json() == second.to_json()
    assert (back.t, back.stage, back.operation) == (7, "5x", "search")


def test_a_health_second_survives_the_way_to_disk():
    """JSON and back gives the same health second."""
    health = HealthSecond(t=4, worker=1, cpu_share=0.25, in_flight=1.5, in_flight_peak=4, pool_full_s=0.125)
    health.lateness.add(0.0004)
    assert HealthSecond.from_json(orjson.loads(orjson.dumps(health.to_json()))).to_json() == health.to_json()


def test_operations_and_stages_are_told_apart():
    """A second on the seam of two stages holds both, apart; operations can be asked for one by one."""
    recorder = OneByOne()
    recorder.plan("1x", "search", 5.4)
    recorder.plan("2x", "search", 5.6)
    recorder.plan("2x", "suggest", 5.7)
    whole = timeline(recorder.drain())
    assert whole.stage("1x").planned == 1
    assert whole.stage("2x").planned == 2
    assert whole.stage("2x", "suggest").planned == 1
    assert whole.operations == ("search", "suggest")


def test_health_belongs_to_the_stage_that_holds_its_middle():
    """Seconds on a seam are given to one stage only."""
    window = StageWindow(Stage("1x", 1, 10, 3), 2.0, 5.0)
    whole = timeline((), [HealthSecond(t=second) for second in range(8)])
    assert [its.t for its in whole.stage_health(window)] == [2, 3, 4]
