"""Alarm: wakes one greenlet at a precise instant without burning the core.

The event loop's own timers are whole milliseconds late, and spinning makes every other greenlet late. On Linux a
timerfd is a file descriptor that becomes readable at the instant asked for, which the loop notices like any socket.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Protocol

import gevent
from gevent.hub import get_hub

_CLOCK_MONOTONIC = 1  # the clock behind time.perf_counter() on Linux
_TFD_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_TFD_TIMER_ABSTIME = 1
_NANOSECONDS = 1_000_000_000


class Alarm(Protocol):
    """Waits for instants of `time.perf_counter()`."""

    def wait_until(self, instant_s: float) -> None:
        """Block the calling greenlet until the instant; return at once when it has passed."""
        ...

    def close(self) -> None:
        """Free what the alarm holds."""
        ...


class TimerfdAlarm:
    """Precise to some tens of microseconds, by Linux's timerfd."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._spec = (ctypes.c_long * 4)()  # struct itimerspec: interval s, ns; value s, ns
        self._descriptor = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._hub = get_hub()
        self._watcher = self._hub.loop.io(self._descriptor, 1)

    def wait_until(self, instant_s: float) -> None:
        """Block the calling greenlet until the instant; return at once when it has passed."""
        if instant_s <= time.perf_counter():
            return
        whole_s = int(instant_s)
        self._spec[2], self._spec[3] = whole_s, int((instant_s - whole_s) * _NANOSECONDS)
        if self._libc.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, self._spec, None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")
        self._hub.wait(self._watcher)
        os.read(self._descriptor, 8)

    def close(self) -> None:
        """Free the descriptor."""
        self._watcher.close()
        os.close(self._descriptor)


class SleepAlarm:
    """The event loop's own timer, up to a millisecond late; for systems without timerfd."""

    def wait_until(self, instant_s: float) -> None:
        """Block the calling greenlet until the instant; return at once when it has passed."""
        remaining_s = instant_s - time.perf_counter()
        if remaining_s > 0:
            gevent.sleep(remaining_s)

    def close(self) -> None:
        """Nothing is held."""


def make_alarm() -> Alarm:
    """Return the most precise alarm of this system."""
    return TimerfdAlarm() if sys.platform == "linux" else SleepAlarm()
