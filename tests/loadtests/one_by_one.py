"""Counting requests into seconds one by one, as a Second itself does: what batches are compared with."""

from __future__ import annotations

from loadtests.second import Second


class OneByOne:
    """Seconds under construction."""

    def __init__(self):
        self._open = {}

    def plan(self, stage, operation, due_s):
        """Count an arrival that has become due."""
        self._second(due_s, stage, operation).planned += 1

    def add(self, stage, sample):
        """Count a finished request under the second in which it was due."""
        self._second(sample.due_s, stage, sample.operation).add(sample)

    def drain(self):
        """Return what was counted since the last call."""
        parts = list(self._open.values())
        self._open.clear()
        return parts

    def _second(self, due_s, stage, operation):
        key = (int(due_s), stage, operation)
        return self._open.setdefault(key, Second(*key))
