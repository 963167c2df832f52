"""Job: files on their way into the search, and how far they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

from target_stub.ingest.upload import Upload


class JobState(StrEnum):
    """Where a job is; the last three are its end."""

    QUEUED = "queued"
    READING = "reading"
    EMBEDDING = "embedding"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


HEARTBEAT_S = 1.0
ENDS = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Job:
    """Takes its files one after another; each is added as a whole or not at all."""

    def __init__(self, job_id: str, uploads: tuple[Upload, ...]) -> None:
        self.id = job_id
        self.uploads = uploads
        self.state = JobState.QUEUED
        self.task: asyncio.Task[None] | None = None
        self.added: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []
        self._done = self._total = 0
        self._changed = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDS

    def now(self, state: JobState, done: int = 0, total: int = 0) -> None:
        """Note how far it is: pages of a file read, or chunks embedded, and their number where it is known."""
        self.state, self._done, self._total = state, done, total
        self._changed.set()
        self._changed = asyncio.Event()

    async def changes(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what is to be told of it, now, after each change and at least each second, until its end."""
        while not self.ended:
            changed = self._changed
            yield self.to_json()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
        yield self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return what is told of it; `done` and `total` count pages while reading, chunks while embedding."""
        progress = {"done": self._done, "total": self._total} if self._total else {}
        return {
            "id": self.id,
            "state": self.state.value,
            "files": len(self.uploads),
            "files_ended": len(self.added) + len(self.problems),
            **progress,
            "added": self.added,
            "problems": self.problems,
        }
