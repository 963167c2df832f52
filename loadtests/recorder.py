"""Recorder: counts plans and samples into seconds, and hands over what is new; memory grows with open seconds only."""

from __future__ import annotations

from loadtests.sample import Sample
from loadtests.second import Second


class Recorder:
    """Seconds under construction, by due second, stage and operation."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str, str], Second] = {}

    def plan(self, stage: str, operation: str, due_s: float) -> None:
        """Count an arrival that has become due."""
        self._second(due_s, stage, operation).planned += 1

    def add(self, stage: str, sample: Sample) -> None:
        """Count a finished request under the second in which it was due."""
        self._second(sample.due_s, stage, sample.operation).add(sample)

    def drain(self) -> list[Second]:
        """Return what was counted since the last call; parts of one second are merged by the reader."""
        parts = list(self._open.values())
        self._open.clear()
        return parts

    def _second(self, due_s: float, stage: str, operation: str) -> Second:
        key = (int(due_s), stage, operation)
        second = self._open.get(key)
        if second is None:
            second = self._open[key] = Second(*key)
        return second
