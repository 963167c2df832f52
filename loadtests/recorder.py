"""Recorder: counts arrivals and what became of them into seconds; memory grows with open seconds only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadtests.histogram import Histogram
from loadtests.sample import OK
from loadtests.second import TIMINGS, Second
from loadtests.tallies import Ints, Tallies
from loadtests.tape import Rows

DUE_COLUMNS = ("kind", "due", "late")
DONE_COLUMNS = ("kind", "due", "outcome", "sent", "first_byte", "finished", "size")
"""Times in seconds of the plan's clock; NaN where a request was not sent, or not answered. Sizes in bytes."""

_PER_SLOT = 2 * len(TIMINGS)  # rows of the tallies for each slot: good and failed, each timing


class _Codes(dict[str, int]):
    """Numbers outcomes in the order in which they first occur."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, outcome: str) -> int:
        code = self[outcome] = len(self._names)
        self._names.append(outcome)
        return code


class Recorder:
    """Seconds under construction, by due second and kind: a stage's name and an operation's.

    Kinds and outcomes are numbered, so that the hot path writes numbers only. A second of a kind that is open has a
    slot: its place in arrays, free again when it is drained.
    """

    def __init__(self, stages: Sequence[str], operations: Sequence[str]) -> None:
        self.kinds = [(stage, operation) for stage in stages for operation in operations]
        self.outcomes: list[str] = []
        self.codes = _Codes(self.outcomes)
        self._kind_of = {pair: number for number, pair in enumerate(self.kinds)}
        self.codes[OK]  # `ok` is 0
        self._slots: dict[int, int] = {}
        self._tallies = Tallies()
        self._lateness = Tallies()
        self._planned = np.zeros(0, np.int64)
        self._bytes = np.zeros(0)
        self._outcome_counts = np.zeros((0, 0), np.int64)

    def kind(self, stage: str, operation: str) -> int:
        """Return the number of a stage and operation."""
        return self._kind_of[stage, operation]

    def plan(self, rows: Rows) -> None:
        """Count arrivals that have become due; rows of `DUE_COLUMNS`."""
        self._lateness.add(np.zeros(len(rows), np.int64), rows[:, 2])
        slots = self._slots_of(rows)
        np.add.at(self._planned, slots, np.ones(len(slots), np.int64))

    def count(self, rows: Rows) -> None:
        """Count finished requests under the second in which they were due; rows of `DONE_COLUMNS`."""
        slots = self._slots_of(rows)
        _, due_s, outcome, sent_s, first_byte_s, finished_s, size = rows.T
        codes = outcome.astype(np.int64)
        np.add.at(self._bytes, slots, size)
        flat = self._outcome_counts.reshape(-1)
        np.add.at(flat, slots * self._outcome_counts.shape[1] + codes, np.ones(len(slots), np.int64))
        first = slots * _PER_SLOT + np.where(codes == 0, 0, len(TIMINGS))
        timings = np.concatenate((finished_s - due_s, finished_s - sent_s, first_byte_s - sent_s))
        places = np.concatenate([first + number for number in range(len(TIMINGS))])
        known = ~np.isnan(timings)
        self._tallies.add(places[known], timings[known])

    def drain(self) -> list[Second]:
        """Return what was counted since the last call; parts of one second are merged by the reader."""
        parts = [self._finished(place, slot) for place, slot in sorted(self._slots.items())]
        self._slots.clear()
        self._planned[:], self._bytes[:], self._outcome_counts[:] = 0, 0.0, 0
        return parts

    def drain_lateness(self) -> Histogram:
        """Return how late arrivals were handed over since the last call."""
        return self._lateness.take(0)

    def _finished(self, place: int, slot: int) -> Second:
        t, kind = divmod(place, len(self.kinds))
        second = Second(t, *self.kinds[kind], int(self._planned[slot]), int(self._bytes[slot]))
        counts = zip(self.outcomes, self._outcome_counts[slot].tolist(), strict=False)
        second.outcomes.update({outcome: count for outcome, count in counts if count})
        for side, first in ((second.ok, slot * _PER_SLOT), (second.failed, slot * _PER_SLOT + len(TIMINGS))):
            side.update({timing: self._tallies.take(first + number) for number, timing in enumerate(TIMINGS)})
        return second

    def _slots_of(self, rows: Rows) -> Ints:
        """Return the slot of each row, by the second it was due in and its kind; both in the first two columns."""
        places = np.floor(rows[:, 1]).astype(np.int64) * len(self.kinds) + rows[:, 0].astype(np.int64)
        distinct = np.unique(places)
        slots = np.array([self._slots.setdefault(place, len(self._slots)) for place in distinct.tolist()])
        self._make_room(len(self._slots))
        return slots[np.searchsorted(distinct, places)]

    def _make_room(self, slots: int) -> None:
        have, codes = self._outcome_counts.shape
        if slots <= have and len(self.outcomes) <= codes:
            return
        more = max(slots, 2 * have)
        self._planned = np.append(self._planned, np.zeros(more - have, np.int64))
        self._bytes = np.append(self._bytes, np.zeros(more - have))
        grown = np.zeros((more, max(len(self.outcomes), 2 * codes)), np.int64)
        grown[:have, :codes] = self._outcome_counts
        self._outcome_counts = grown
