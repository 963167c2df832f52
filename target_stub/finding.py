"""Finding: where a collection is searched, in the event loop or in threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from target_stub.collection import Collection
from target_stub.embedder import Vector
from target_stub.filter import Filter
from target_stub.index import Neighbours


class Finding(Protocol):
    """A place where a collection is searched."""

    async def find(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Return the k nearest rows that the filter lets pass, by the exact scan if asked for, else by the index."""
        ...

    def close(self) -> None:
        """Let go of what it holds; what is running is not waited for."""
        ...


def make_finding(collection: Collection, threads: int) -> Finding:
    """Return the place to search in: the event loop for no threads."""
    return ThreadFinding(collection, threads) if threads else InlineFinding(collection)


class InlineFinding:
    """Searches in the event loop: right for an index that holds the GIL, or takes less than the 25 us of a thread."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def find(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Search at once; nothing else happens meanwhile."""
        return self._collection.nearest(vector, k, exact=exact, ef=ef, where=where)

    def close(self) -> None:
        """Hold nothing."""


class ThreadFinding:
    """Searches in a pool of threads: right for an index that releases the GIL, or waits for another machine."""

    def __init__(self, collection: Collection, threads: int) -> None:
        self._collection = collection
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="finding")

    async def find(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Search when a thread is free; whose caller has left by then is not searched for."""
        nearest = self._collection.nearest
        return await asyncio.wrap_future(self._threads.submit(nearest, vector, k, exact=exact, ef=ef, where=where))

    def close(self) -> None:
        """Drop what waits, and let the threads end after what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)
