"""Pacer: calls the dispatcher whenever an arrival may be due, precisely, without a greenlet in between.

The dispatcher runs in every turn of the event loop, right after sockets were looked at, and says when it is wanted
next. Until then the loop sleeps on an alarm. When arrivals come so densely that falling asleep would cost more than it
saves, the loop looks at its sockets without sleeping (it spins); the time that passes so without any work is counted,
since a spinning process is busy for the system and idle for us.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import gevent
from gevent.hub import get_hub

from loadtests.drivers.alarm import Alarm, make_alarm

SPIN_GAP_S = 0.0002
"""Mean gap between arrivals below which the loop spins: 5 000/s. Waking up costs some 10 us of a core each, and up to
0.1 ms of lateness; spinning costs the whole core."""

SPIN_AHEAD_S = 0.001
"""In the spinning mode an arrival further away than this is slept for, up to this long before it is due."""

SWITCH_INTERVAL_S = 0.0001
"""gevent runs ready greenlets for up to this long before it looks at sockets; its default of 5 ms would be added to
every response time whenever greenlets are ready."""

_clock = time.perf_counter


class Pacer:
    """Drives one dispatcher: `turn` does what is due and returns the instant at which it is wanted next.

    The dispatcher sets `dense` when arrivals come densely, and `idle_since_s` to 0 when it has done something.
    """

    __slots__ = (
        "_after_poll",
        "_alarm",
        "_idle_s",
        "_may_spin",
        "_spinner",
        "_spinning",
        "_turn",
        "dense",
        "idle_since_s",
    )

    def __init__(self, turn: Callable[[float], float]) -> None:
        gevent.setswitchinterval(SWITCH_INTERVAL_S)
        loop = get_hub().loop
        self._turn = turn
        self._after_poll = loop.check()
        self._spinner = loop.idle()
        self._alarm: Alarm | None = None
        self._spinning = False
        self.idle_since_s = 0.0
        self._idle_s = 0.0
        self._may_spin = True
        self.dense = False

    def start(self) -> None:
        """Begin to call the dispatcher."""
        self._may_spin = not realtime()
        self._alarm = make_alarm(self._look)
        self._after_poll.start(self._look)
        self._alarm.set(_clock())

    def stop(self) -> None:
        """Call it no more, and free what is held."""
        if self._alarm is None:
            return
        self._spin(False)
        self._after_poll.stop()
        self._after_poll.close()
        self._spinner.close()
        self._alarm.close()
        self._alarm = None

    def drain_idle_s(self) -> float:
        """Return for how long the loop has spun without any work since the last call."""
        idle_s, self._idle_s = self._idle_s, 0.0
        return idle_s

    def _look(self) -> None:
        now_s = _clock()
        wanted_s = self._turn(now_s)
        dense = self.dense and self._may_spin
        if dense and wanted_s - now_s < SPIN_AHEAD_S:
            if not self._spinning:
                self._spin(True)
            return
        if self._spinning:
            self._spin(False)
        if self._alarm is not None:
            self._alarm.set(wanted_s - SPIN_AHEAD_S if dense else wanted_s)

    def _spin(self, on: bool) -> None:
        self._spinning = on
        self.idle_since_s = 0.0
        if on:
            self._spinner.start(self._spun)
        else:
            self._spinner.stop()

    def _spun(self) -> None:
        """The loop found nothing to do."""
        now_s = _clock()
        if self.idle_since_s:
            self._idle_s += now_s - self.idle_since_s
        self.idle_since_s = now_s


def realtime() -> bool:
    """Whether this process has a realtime priority.

    Such a process wakes at once, and one that never sleeps would be stopped by the kernel for up to 50 ms in every
    second in which others want its core (Linux keeps 5 % for them).
    """
    return hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) in (os.SCHED_RR, os.SCHED_FIFO)
