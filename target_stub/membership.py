"""Membership: what a process knows of the pool it belongs to, and what the pool writes down about its processes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

WORKERS_FILE = "workers.json"


class WorkerReport(Struct, frozen=True):
    """One process: where it alone is reached, and how often its like had to be started again."""

    worker: int
    pid: int | None
    url: str | None
    state: str  # starting, ready, waiting (to be started again), ended
    restarts: int


@dataclass(frozen=True, slots=True)
class Membership:
    """This process' number in its pool, the pool's folder, and whether it replaces one that has died."""

    worker: int
    folder: Path
    replacement: bool

    @property
    def announcement(self) -> Path:
        """Where this process says by what address it alone is reached."""
        return self.folder / f"worker-{self.worker}.json"

    @classmethod
    def parse(cls, text: str) -> Membership:
        """Return what `told` wrote."""
        worker, replacement, folder = text.split(":", 2)
        return cls(int(worker), Path(folder), replacement == "1")

    def told(self) -> str:
        """Return this as one word of a command line."""
        return f"{self.worker}:{int(self.replacement)}:{self.folder}"


def read_workers(membership: Membership | None, url: str) -> Sequence[WorkerReport]:
    """Return the processes of the pool, or, without one, this process, which is reached at `url`."""
    if membership is None:
        return [WorkerReport(0, os.getpid(), url, "ready", 0)]
    try:
        return msgspec.json.decode((membership.folder / WORKERS_FILE).read_bytes(), type=list[WorkerReport])
    except (OSError, msgspec.DecodeError):  # the pool is ending
        return []
