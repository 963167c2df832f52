"""Stretch: the part of an access log that a plan replays, its requests placed on the plan's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from scenarios.access_log import LogNotes, read_log
from scenarios.log_line import Recorded
from scenarios.replay import Replay


class Stretch:
    """The part of a log that a plan replays, with its requests by operation."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._patterns = [re.compile(its.match) for its in replay.operations]
        self.notes = LogNotes()
        self.full = False

    def operation(self, record: Recorded) -> int | None:
        """Return the index of the operation that a request counts as, None for none of them."""
        line = f"{record.method} {record.path}"
        for index, pattern in enumerate(self._patterns):
            if pattern.search(line):
                return index
        return None

    def records(self) -> Iterator[tuple[int, Recorded]]:
        """Yield (operation, request) of the whole log, in order of time."""
        for record in read_log(self._replay.log, self.notes):
            operation = self.operation(record)
            if operation is None:
                self.notes.left_out["no operation of the replay"] += 1
            else:
                yield operation, record

    def placed(self, length_s: float, rng: np.random.Generator) -> Iterator[tuple[float, int, Recorded]]:
        """Yield (seconds since the plan's start, operation, request) of the replayed stretch.

        Requests of a log that knows whole seconds only are spread over theirs at random, as Poisson arrivals are given
        their number. With `repeat` the log begins again, a second after its last request, until the stretch is full.
        """
        shift_s: float | None = None
        begins_s = self._replay.survey.begins_s if self._replay.survey else self._replay.begins_s
        while True:
            last_s = 0.0
            for operation, record in self._spread(rng):
                begins_s = (math.floor(record.at_s) if record.whole else record.at_s) if begins_s is None else begins_s
                if record.at_s < begins_s:
                    continue
                shift_s = -begins_s if shift_s is None else shift_s
                last_s = record.at_s + shift_s
                if last_s >= length_s:
                    self.full = True
                    return
                yield last_s, operation, record
            if shift_s is None or not self._replay.repeat:
                return
            shift_s = math.ceil(last_s) - (begins_s or 0.0)

    def _spread(self, rng: np.random.Generator) -> Iterator[tuple[int, Recorded]]:
        alike: list[tuple[int, Recorded]] = []
        for operation, record in self.records():
            if alike and (record.at_s != alike[0][1].at_s or not record.whole):
                yield from _spread_out(alike, rng)
                alike = []
            if record.whole:
                alike.append((operation, record))
            else:
                yield operation, record
        yield from _spread_out(alike, rng)


def _spread_out(alike: list[tuple[int, Recorded]], rng: np.random.Generator) -> Iterator[tuple[int, Recorded]]:
    for (operation, record), offset_s in zip(alike, np.sort(rng.random(len(alike))).tolist(), strict=True):
        yield operation, record._replace(at_s=record.at_s + offset_s)
