"""Tail: what was appended to a run's seconds since the last look, for showing progress while it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from loadtests.aborted import AbortRecord
from loadtests.loss import WorkerLoss
from loadtests.second import Second
from loadtests.timeline import Timeline
from loadtests.watcher import Glimpse

LAG_S = 1
"""A second is shown when a later one has been reported: only then are its own answers mostly in."""


class Tail:
    """Follows one trial in a growing file, from the end that the file has now."""

    def __init__(self, path: Path, trial: int, duration_s: float) -> None:
        self._path = path
        self._trial = trial
        self._duration_s = duration_s
        self._offset = path.stat().st_size if path.exists() else 0
        self._timeline = Timeline()
        self._shown = -1
        self.started_unix: float | None = None
        self.workers = 1
        self.start_uncertainty_s = 0.0
        self.losses: list[WorkerLoss] = []
        self.abort: AbortRecord | None = None

    def glimpses(self) -> list[Glimpse]:
        """Return a glimpse of every second that has become whole since the last call."""
        latest = -1
        for row in self._new_rows():
            if row.get("trial") != self._trial:
                continue
            if row["kind"] == "second":
                self._timeline.add(Second.from_json(row))
            elif row["kind"] == "health":
                latest = max(latest, int(row["t"]))
            elif row["kind"] == "begin":
                self.started_unix, self.workers = float(row["unix"]), int(row["workers"])
                self.start_uncertainty_s = float(row["uncertainty_s"])
            elif row["kind"] == "loss":
                self.losses.append(WorkerLoss.from_json(row))
            elif row["kind"] == "abort":
                self.abort = AbortRecord.from_json(row)
        whole = [
            t for t in sorted({second.t for second in self._timeline.seconds}) if self._shown < t <= latest - LAG_S
        ]
        if whole:
            self._shown = whole[-1]
        return [self._glimpse(t) for t in whole]

    def _glimpse(self, t: int) -> Glimpse:
        parts = [second for second in self._timeline.seconds if second.t == t]
        whole = Second(t, parts[-1].stage, "")
        for part in parts:
            whole.merge(part)
        p95_s = whole.ok["latency"].quantile(0.95) if whole.ok["latency"].total else 0.0
        answered = whole.finished - whole.failures
        return Glimpse(t, self._duration_s, whole.stage, whole.planned, answered, whole.failures, p95_s)

    def _new_rows(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        whole, newline, _ = content.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        return [orjson.loads(line) for line in whole.split(b"\n") if line]
