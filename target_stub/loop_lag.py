"""Loop lag: how late the event loop runs a timer, which is how long any new event waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PERIOD_S = 0.1


class LoopLag:
    """Observes the lateness in seconds of a timer, ten times a second, until stopped."""

    def __init__(self, observe: Callable[[float], None], loop: asyncio.AbstractEventLoop) -> None:
        self._observe = observe
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Set the first timer."""
        self._set()

    def stop(self) -> None:
        """Set no more timers."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self) -> None:
        due = self._loop.time() + PERIOD_S
        self._timer = self._loop.call_at(due, self._run, due)

    def _run(self, due: float) -> None:
        self._observe(max(0.0, self._loop.time() - due))
        self._set()
