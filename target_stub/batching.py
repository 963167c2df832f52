"""Batching: texts of requests at one time embedded in one call, where a call for many costs less than one for each.

On one core a transformer gains 1.5 to 3x from batches of short texts of like length, less from longer ones, and loses
when long and short ones are padded together; a static embedder gains nothing.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter

from target_stub import metric_names as names
from target_stub.config import QUICK_EMBEDDERS, Config
from target_stub.embedding import Embedded, Embedding
from target_stub.metrics import Metrics

BEST_BATCH = 8
"""Texts of MiniLM on one core: more gain nothing, and onnxruntime keeps the largest arena it ever needed."""

BEST_TOKENS = 64
"""Tokens of such a batch. Without VNNI 8 texts of 32 tokens take 96 ms and gain 1.3x, 4 of 16 take 30 ms and gain 1.5x:
the longer batch costs each of its texts more waiting than it saves."""

CALLS_PER_SERVICE = 4  # under way at one time: one is computed, one waits there, and two travel
CHARS_PER_TOKEN = 4  # of English, about; a bucket need not be exact


class ClosedBy(StrEnum):
    """Why a batch was not made larger."""

    FULL = "full"
    WAITED = "waited"  # its first text had waited long enough
    BUSY = "busy"  # its first text had waited for the embedder already


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """At most `largest` texts together, none waiting longer than `wait_s` for others; `buckets` are token counts.

    Texts are together only when no bucket's bound lies between their lengths. With `tokens` above 0, a batch has at
    most that many, every text counted as long as its bucket allows.
    """

    largest: int = 8
    wait_s: float = 0.002
    buckets: tuple[int, ...] = ()
    at_once: int = 1  # batches under way at one time: one for a thread, more for services
    tokens: int = 0

    def bucket(self, text: str) -> int:
        """Return the number of the bucket that a text belongs to."""
        return bisect_left(self.buckets, 2 + len(text) // CHARS_PER_TOKEN)

    def most(self, bucket: int) -> int:
        """Return how many texts of a bucket are together at most."""
        if not self.tokens or not self.buckets:
            return self.largest
        longest = self.buckets[bucket] if bucket < len(self.buckets) else self.tokens
        return max(1, min(self.largest, self.tokens // longest))


class _Waiting:
    """One text, and who waits for its vector."""

    __slots__ = ("bucket", "future", "since_s", "text")

    def __init__(self, text: str, bucket: int, future: asyncio.Future[Embedded], since_s: float) -> None:
        self.text = text
        self.bucket = bucket
        self.future = future
        self.since_s = since_s


class BatchingEmbedding:
    """Collects single texts and embeds them by the embedding inside; calls with several texts pass as they are."""

    def __init__(self, inside: Embedding, policy: BatchPolicy, closed: Callable[[ClosedBy], None]) -> None:
        self._inside = inside
        self._policy = policy
        self._closed = closed
        self._queue: list[_Waiting] = []
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._free_since_s = perf_counter()

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts; one alone may wait a little for others."""
        if len(texts) != 1:
            return await self._inside.embed(texts)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(texts[0], self._policy.bucket(texts[0]), loop.create_future(), perf_counter())
        self._queue.append(waiting)
        self._dispatch()
        return await waiting.future

    def _dispatch(self) -> None:
        """Begin the batches that are due: full ones, and those whose first text has waited long enough."""
        while len(self._running) < self._policy.at_once:
            self._queue = [its for its in self._queue if not its.future.done()]  # whose caller has left
            if not self._queue:
                return
            closed_by = self._due()
            if closed_by is None:
                return
            batch = self._take()
            self._closed(closed_by)
            task = asyncio.ensure_future(self._run(batch))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _due(self) -> ClosedBy | None:
        """Return why the batch of the first text is to begin now; else set the timer for when it is."""
        first = self._queue[0]
        alike = sum(its.bucket == first.bucket for its in self._queue)
        if alike >= self._policy.most(first.bucket):
            return ClosedBy.FULL
        left_s = self._policy.wait_s - (perf_counter() - first.since_s)
        if left_s <= 0:
            return ClosedBy.BUSY if first.since_s < self._free_since_s else ClosedBy.WAITED
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._time_is_up)
        return None

    def _time_is_up(self) -> None:
        self._timer = None
        self._dispatch()

    def _take(self) -> list[_Waiting]:
        """Take the first text and those of its bucket from the queue, in their order."""
        bucket = self._queue[0].bucket
        batch = [its for its in self._queue if its.bucket == bucket][: self._policy.most(bucket)]
        taken = {id(its) for its in batch}
        self._queue = [its for its in self._queue if id(its) not in taken]
        return batch

    async def _run(self, batch: Sequence[_Waiting]) -> None:
        began = perf_counter()
        try:
            embedded = await self._inside.embed([its.text for its in batch])
        except Exception as error:  # noqa: BLE001 (told to each who waits, whatever it is)
            for its in batch:
                if not its.future.done():
                    its.future.set_exception(error)
            return
        for row, its in enumerate(batch):
            if not its.future.done():
                queue_s = began - its.since_s + embedded.queue_s
                its.future.set_result(Embedded(embedded.vectors[row : row + 1], queue_s, embedded.embed_s))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free_since_s = perf_counter()
        self._dispatch()

    def depth(self) -> int:
        """Return how many texts wait."""
        return len(self._queue) + self._inside.depth()

    def close(self) -> None:
        """Drop what waits, and close the embedding inside."""
        if self._timer is not None:
            self._timer.cancel()
        for its in self._queue:
            its.future.cancel()
        self._inside.close()


def batch_policy(config: Config) -> BatchPolicy | None:
    """Return how texts are to be batched, or None where each is embedded alone."""
    largest, tokens = config.embed_batch_max, 0
    if largest == 0:  # as it suits: not where it gains nothing, nor where the event loop embeds and nothing can gather
        slow = config.embeds_in_thread and config.embedder not in QUICK_EMBEDDERS
        largest, tokens = BEST_BATCH if slow or config.embedder_urls else 1, BEST_TOKENS
    if largest == 1:
        return None
    at_once = max(1, CALLS_PER_SERVICE * len(config.embedder_addresses))
    return BatchPolicy(largest, config.embed_batch_wait_ms / 1e3, config.batch_buckets, at_once, tokens)


def batched(embedding: Embedding, config: Config, metrics: Metrics) -> Embedding:
    """Return the embedding, with batches where the config wants them."""
    closed = metrics.counters(
        names.EMBEDDING_BATCHES,
        "Batches of texts by what began them: full, their wait was over, or the embedder was free again.",
        ("closed_by",),
        [(its,) for its in names.BATCH_CLOSINGS],
    )
    policy = batch_policy(config)
    if policy is None:
        return embedding
    return BatchingEmbedding(embedding, policy, lambda its: closed[its.value,].inc())
