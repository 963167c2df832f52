"""Loop lag: the lateness of a timer, ten times a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from target_stub.loop_lag import LoopLag


class FakeLoop:
    """An event loop whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.timers: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []
        self.cancelled = False

    def time(self) -> float:
        return self.now_s

    def call_at(self, when: float, callback: Callable[..., None], *arguments: Any) -> FakeLoop:
        self.timers.append((when, callback, arguments))
        return self

    def cancel(self) -> None:
        self.cancelled = True

    def run_next_at(self, now_s: float) -> None:
        self.now_s = now_s
        _, callback, arguments = self.timers.pop(0)
        callback(*arguments)


def test_the_lag_is_how_late_the_timer_runs() -> None:
    """Due 100 ms after the last, run when the loop comes to it; a timer that is early counts as on time."""
    loop, lags = FakeLoop(), []
    lag = LoopLag(lags.append, loop)  # type: ignore[arg-type]
    lag.start()
    assert loop.timers[0][0] == pytest.approx(100.1)
    loop.run_next_at(100.1)
    loop.run_next_at(100.45)
    loop.run_next_at(100.5499)
    assert lags == pytest.approx([0.0, 0.25, 0.0], abs=1e-9)
    assert len(loop.timers) == 1
    lag.stop()
    assert loop.cancelled
