"""Alarm: ends the event loop's sleep at a precise instant without burning the core.

The event loop's own timers are whole milliseconds late, and spinning burns a core. On Linux a timerfd is a file
descriptor that becomes readable at the instant asked for, which the loop notices like any socket.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

from gevent.hub import get_hub

_CLOCK_MONOTONIC = 1  # the clock behind time.perf_counter() on Linux
_TFD_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_TFD_TIMER_ABSTIME = 1
_NANOSECONDS = 1_000_000_000
_AT_ONCE_S = 1e-9  # an instant of 0 would switch the timer off


class Alarm(Protocol):
    """Rings at instants of `time.perf_counter()`: calls what it was made with, from the event loop."""

    def set(self, instant_s: float) -> None:
        """Ring at the instant, or at once when it has passed; forgets the instant set before."""
        ...

    def close(self) -> None:
        """Free what the alarm holds."""
        ...


class TimerfdAlarm:
    """Precise to some tens of microseconds, by Linux's timerfd."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._settime = self._libc.timerfd_settime
        self._spec = (ctypes.c_long * 4)()  # struct itimerspec: interval s, ns; value s, ns
        self._ring = ring
        self._set_s = 0.0
        self._descriptor = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._watcher = get_hub().loop.io(self._descriptor, 1)
        self._watcher.start(self._rang)

    def set(self, instant_s: float) -> None:
        """Ring at the instant, or at once when it has passed; forgets the instant set before."""
        if instant_s == self._set_s:
            return
        self._set_s = instant_s
        instant_s = max(instant_s, _AT_ONCE_S)
        whole_s = int(instant_s)
        self._spec[2], self._spec[3] = whole_s, int((instant_s - whole_s) * _NANOSECONDS) or 1
        if self._settime(self._descriptor, _TFD_TIMER_ABSTIME, self._spec, None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")

    def close(self) -> None:
        """Free the descriptor."""
        self._watcher.stop()
        self._watcher.close()
        os.close(self._descriptor)

    def _rang(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:  # set anew in the meantime
            return
        self._set_s = 0.0
        self._ring()


class LoopAlarm:
    """The event loop's own timer, up to a millisecond late; for systems without timerfd."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer = get_hub().loop.timer(0)

    def set(self, instant_s: float) -> None:
        """Ring at the instant, or at once when it has passed; forgets the instant set before."""
        self._timer.stop()
        self._timer = get_hub().loop.timer(max(0.0, instant_s - time.perf_counter()))
        self._timer.start(self._ring)

    def close(self) -> None:
        """Stop the timer."""
        self._timer.stop()
        self._timer.close()


def make_alarm(ring: Callable[[], None]) -> Alarm:
    """Return the most precise alarm of this system."""
    return TimerfdAlarm(ring) if sys.platform == "linux" else LoopAlarm(ring)
