"""Ingestion: files taken in by jobs, which read, embed and add them; what a crash interrupted is taken up again."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path

import msgspec

from target_stub.config import Config
from target_stub.ingest.chunking import ChunkSize
from target_stub.ingest.entry import Entry, entry_of_file
from target_stub.ingest.job import Job, JobState
from target_stub.ingest.reading import Order
from target_stub.ingest.shelf import Shelf
from target_stub.ingest.unreadable import UnreadableError
from target_stub.ingest.upload import Upload
from target_stub.ingest.workshop import Workshop
from target_stub.request_error import RequestError
from target_stub.search import Search

JOBS_FOLDER = "jobs"
KEPT_JOBS = 1000  # ended ones that can still be asked about
RETRY_AFTER_S = "5"
log = logging.getLogger(__name__)
_uploads = msgspec.json.Decoder(tuple[Upload, ...])


class Ingestion:
    """The jobs of a service, and the shelf that they fill."""

    def __init__(self, config: Config, search: Callable[[], Search | None]) -> None:
        self.shelf = Shelf()
        self.jobs: dict[str, Job] = {}
        self._config = config
        self._search = search
        self._ended: deque[str] = deque()
        self._closing = False
        self._workshop = Workshop(
            processes=config.ingest_processes,
            timeout_s=config.ingest_timeout_s,
            memory_bytes=config.ingest_memory_bytes,
        )

    @property
    def folder(self) -> Path | None:
        """Where files wait to be read, so that a crash loses none; None without a data folder."""
        if self.shelf.store is None:
            return None
        folder = self.shelf.store.folder / JOBS_FOLDER
        folder.mkdir(exist_ok=True)
        return folder

    def has_room(self) -> None:
        """Make sure that one more job may wait.

        Raises:
            RequestError: with status 503, when it may not.
        """
        if sum(not job.ended for job in self.jobs.values()) >= self._config.ingest_queue:
            message = f"{self._config.ingest_queue} jobs are under way already"
            headers = {"Retry-After": RETRY_AFTER_S}
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "ingest_full", message, headers=headers)

    def start(self, uploads: Sequence[Upload], job_id: str = "") -> Job:
        """Begin a job with these files, and return it at once."""
        job = Job(job_id or secrets.token_hex(8), tuple(uploads))
        self.jobs[job.id] = job
        if self.folder is not None and not job_id:
            (self.folder / f"{job.id}.json").write_bytes(msgspec.json.encode(job.uploads))
        job.task = asyncio.create_task(self._run(job))
        return job

    def resume(self) -> None:
        """Begin again the jobs that were under way when the service ended."""
        if self.folder is None:
            return
        waiting = set(self.folder.glob("upload-*"))
        for path in sorted(self.folder.glob("*.json")):
            uploads = [each for each in _uploads.decode(path.read_bytes()) if Path(each.path).exists()]
            log.info("job %s is taken up again: %d files", path.stem, len(uploads))
            waiting -= {Path(each.path) for each in uploads}
            self.start(uploads, path.stem)
        for path in waiting:  # a crash came before their job was noted: nobody was told that they are kept
            path.unlink()

    async def cancel(self, job: Job) -> None:
        """End a job; what it has added stays."""
        if job.task is not None:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)

    async def read(self, upload: Upload, job: Job | None = None) -> Entry:
        """Return the entry that a file becomes.

        Raises:
            UnreadableError: when it cannot be read.
        """
        largest = self._config.chunk_max_chars
        size = ChunkSize(largest, min(self._config.chunk_overlap_chars, largest // 2))
        order = Order(upload.path, upload.media, upload.charset, size)

        def told(done: int, total: int) -> None:
            if job is not None:
                job.now(JobState.READING, done, total)

        reading = await self._workshop.read(order, told)
        return entry_of_file(upload.id, upload.sha256, upload.media, (upload.title, upload.package), reading)

    async def close(self) -> None:
        """Stop; jobs under way are taken up at the next start, if there is a data folder."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None and not job.task.done()]
        self._closing = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._workshop.close()
        self.shelf.close()

    async def _run(self, job: Job) -> None:
        try:
            for upload in job.uploads:
                await self._take(job, upload)
            job.now(JobState.DONE if job.added or not job.problems else JobState.FAILED)
        except asyncio.CancelledError:
            job.now(JobState.CANCELLED)
        except Exception:
            log.exception("job %s failed", job.id)
            detail = f"the service failed; its log has more under job {job.id}"
            job.problems.append({"code": "internal", "detail": detail})
            job.now(JobState.FAILED)
        finally:
            if not self._closing or self.folder is None:
                self._forget_files(job)
            self._ended.append(job.id)
            while len(self._ended) > KEPT_JOBS:
                self.jobs.pop(self._ended.popleft(), None)

    async def _take(self, job: Job, upload: Upload) -> None:
        search = self._search()
        if search is None:
            raise RuntimeError("a job was begun before the service was ready")
        named = {"id": upload.id, "name": upload.name}
        present = self.shelf.entries.get(upload.id)
        if present is not None and present.sha256 == upload.sha256:
            job.added.append({**named, "chunks": len(present.documents), "unchanged": True})
            return
        job.now(JobState.READING)
        try:
            entry = await self.read(upload, job)
            await self.shelf.add(search, [entry], partial(job.now, JobState.EMBEDDING), replace=True)
        except UnreadableError as error:
            job.problems.append({**named, "code": error.code, "detail": error.detail})
        except RequestError as error:
            job.problems.append({**named, "code": error.code, "detail": str(error)})
        else:
            job.added.append({**named, "chunks": len(entry.documents), "unchanged": False})

    def _forget_files(self, job: Job) -> None:
        for upload in job.uploads:
            upload.drop()
        if self.folder is not None:
            (self.folder / f"{job.id}.json").unlink(missing_ok=True)
