"""Alarms that wake at an instant."""

from __future__ import annotations

import time

import pytest

from loadtests.drivers.alarm import SleepAlarm, TimerfdAlarm, make_alarm


@pytest.mark.parametrize("kind", [TimerfdAlarm, SleepAlarm])
def test_an_alarm_never_wakes_early(kind):
    """An arrival must not be sent before it is due."""
    alarm = kind()
    try:
        for ahead_s in (0.02, 0.001, 0.0, -1.0):
            instant_s = time.perf_counter() + ahead_s
            alarm.wait_until(instant_s)
            assert time.perf_counter() >= instant_s - 0.0002
    finally:
        alarm.close()


def test_the_precise_alarm_is_used_where_there_is_one():
    """On Linux that is timerfd."""
    alarm = make_alarm()
    assert isinstance(alarm, TimerfdAlarm)
    alarm.close()
