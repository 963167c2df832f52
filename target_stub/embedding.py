"""Embedding: where the embedder runs, in the event loop or in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from target_stub.embedder import Embedder, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Vectors, shape (texts, dim), how long the texts waited for the embedder, and how long it took."""

    vectors: Vectors
    queue_s: float
    embed_s: float


class Embedding(Protocol):
    """A place where an embedder runs."""

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts in one call."""
        ...

    def depth(self) -> int:
        """Return how many texts wait."""
        ...

    def close(self) -> None:
        """Let go of what it holds; what is running is not waited for."""
        ...


def make_embedding(embedder: Embedder, *, in_thread: bool, batch_size: Callable[[float], None]) -> Embedding:
    """Return the place to embed in; `batch_size` is told the size of each call, from the event loop."""
    return ThreadEmbedding(embedder, batch_size) if in_thread else InlineEmbedding(embedder, batch_size)


class InlineEmbedding:
    """Embeds in the event loop: nothing else happens meanwhile, in the whole service."""

    def __init__(self, embedder: Embedder, batch_size: Callable[[float], None]) -> None:
        self._embedder = embedder
        self._batch_size = batch_size

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts at once; they never wait here, but in the event loop, unseen."""
        self._batch_size(len(texts))
        started = perf_counter()
        vectors = self._embedder.embed(texts)
        return Embedded(vectors, 0.0, perf_counter() - started)

    def depth(self) -> int:
        """Return 0."""
        return 0

    def close(self) -> None:
        """Hold nothing."""


class ThreadEmbedding:
    """Embeds in one thread, first come first served; texts whose caller has left are not embedded any more."""

    def __init__(self, embedder: Embedder, batch_size: Callable[[float], None]) -> None:
        self._embedder = embedder
        self._batch_size = batch_size
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        # each is written by one thread only, so that none needs a lock
        self._submitted = self._left = 0
        self._started = 0

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts when their turn comes."""
        self._batch_size(len(texts))
        self._submitted += len(texts)
        job = self._thread.submit(self._run, texts, perf_counter())
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            if job.cancel():
                self._left += len(texts)
            raise

    def _run(self, texts: Sequence[str], submitted_at: float) -> Embedded:
        self._started += len(texts)
        started = perf_counter()
        vectors = self._embedder.embed(texts)
        return Embedded(vectors, started - submitted_at, perf_counter() - started)

    def depth(self) -> int:
        """Return how many texts the thread has not begun with."""
        return self._submitted - self._left - self._started

    def close(self) -> None:
        """Drop what waits, and let the thread end after what it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)
