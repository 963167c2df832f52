"""Abort: when a broken objective ends the run early."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abort:
    """How a promise is watched while the load runs: k6's abortOnFail and delayAbortEval, Taurus' sliding window.

    `delay_s` is how long after a stage's start nothing is decided yet. `window_s` is how far back is looked; None
    means to the start of the stage, so that what is watched is what will be judged.
    """

    delay_s: float = 0.0
    window_s: float | None = None

    def __post_init__(self) -> None:
        if self.delay_s < 0:
            raise ValueError(f"the delay must not be negative, got {self.delay_s:g} s")
        if self.window_s is not None and self.window_s < 1:
            raise ValueError(f"seconds are counted whole: a window is 1 s or longer, got {self.window_s:g} s")
