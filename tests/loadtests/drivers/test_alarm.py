"""Alarms that ring at an instant."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent.event import Event

from loadtests.drivers.alarm import LoopAlarm, TimerfdAlarm, make_alarm


@pytest.fixture(params=[TimerfdAlarm, LoopAlarm])
def alarm(request):
    """An alarm, with the instants at which it rang."""
    rang, rung = [], Event()

    def ring():
        rang.append(time.perf_counter())
        rung.set()

    made = request.param(ring)
    yield made, rang, rung
    made.close()


def wait_for(rung):
    with gevent.Timeout(5):
        rung.wait()
    rung.clear()


def test_an_alarm_never_rings_early(alarm):
    """An arrival must not be sent before it is due; one that is past is due now."""
    its, rang, rung = alarm
    for ahead_s in (0.02, 0.001, 0.0, -1.0):
        instant_s = time.perf_counter() + ahead_s
        its.set(instant_s)
        wait_for(rung)
        assert rang[-1] >= instant_s - 0.0002


def test_the_last_instant_counts(alarm):
    """An alarm that is set anew forgets the instant before."""
    its, rang, rung = alarm
    soon_s = time.perf_counter() + 0.01
    its.set(time.perf_counter() + 60)
    its.set(soon_s)
    wait_for(rung)
    its.set(time.perf_counter() + 60)
    its.set(time.perf_counter() + 0.005)
    wait_for(rung)
    assert len(rang) == 2


def test_the_precise_alarm_is_used_where_there_is_one():
    """On Linux that is timerfd."""
    alarm = make_alarm(lambda: None)
    assert isinstance(alarm, TimerfdAlarm)
    alarm.close()
