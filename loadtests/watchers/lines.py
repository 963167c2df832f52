"""LinesWatcher: a few plain lines, for logs and pipes: one for each step, trial and stage."""

from __future__ import annotations

from typing import TextIO

from loadtests.schedule import PlannedTrial
from loadtests.watcher import Glimpse

QUARTERS = 4


class LinesWatcher:
    """Writes lines; repeats nothing that has not changed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage: Glimpse | None = None
        self._last = ""
        self._trial = ""

    def step(self, text: str) -> None:
        """Write the step."""
        self._close_stage()
        self._say(text)

    def progress(self, text: str, done: int, total: int) -> None:
        """Write at every quarter of the way."""
        if total:
            self._say(f"{text}: {QUARTERS * done // total * (100 // QUARTERS)} % of {total}")

    def trial(self, planned: PlannedTrial, total: int) -> None:
        """Remember the trial; its stages will name it."""
        self._close_stage()
        self._trial = f"trial {planned.index}/{total} {planned.variant.name}"

    def second(self, glimpse: Glimpse) -> None:
        """Write the last second of a stage when the next one begins."""
        if self._stage is not None and self._stage.stage != glimpse.stage:
            self._close_stage()
        self._stage = glimpse

    def note(self, text: str) -> None:
        """Write the note."""
        self._say(f"note: {text}")

    def close(self) -> None:
        """Write what is left."""
        self._close_stage()

    def _close_stage(self) -> None:
        if self._stage is not None:
            its = self._stage
            failed = f", {its.failed}/s failed" if its.failed else ""
            rates = f"{its.offered}/s offered, {its.answered}/s answered{failed}"
            self._say(f"{self._trial} {its.stage}: {rates}, p95 {its.p95_s * 1000:.0f} ms")
        self._stage = None

    def _say(self, text: str) -> None:
        if text != self._last:
            self._stream.write(text + "\n")
            self._stream.flush()
        self._last = text
