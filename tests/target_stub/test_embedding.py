"""Embedding: in the event loop it holds everything up, in its thread it does not; both count and time alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from target_stub.embedder import Vectors
from target_stub.embedding import InlineEmbedding, ThreadEmbedding, make_embedding


class Gated:
    """An embedder that waits for its gate, and notes texts and thread."""

    name, dim, version = "gated", 2, "gated-1"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.seen: list[list[str]] = []
        self.threads: set[int] = set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen.append(list(texts))
        self.threads.add(threading.get_ident())
        assert self.gate.wait(60)
        return np.ones((len(texts), 2), np.float32)


@pytest.fixture
def gated() -> Iterator[Gated]:
    embedder = Gated()
    yield embedder
    embedder.gate.set()


def test_the_switch_chooses_where_it_runs(gated: Gated) -> None:
    """One place or the other."""
    inline = make_embedding(gated, in_thread=False, batch_size=lambda _: None)
    thread = make_embedding(gated, in_thread=True, batch_size=lambda _: None)
    assert isinstance(inline, InlineEmbedding)
    assert isinstance(thread, ThreadEmbedding)
    inline.close()
    thread.close()


@pytest.mark.parametrize("in_thread", [True, False])
def test_vectors_come_with_their_times_and_batch_size(gated: Gated, in_thread: bool) -> None:
    """Wherever it runs: a row per text, how long it took, and how many texts there were in the call."""
    gated.gate.set()
    sizes: list[float] = []
    embedding = make_embedding(gated, in_thread=in_thread, batch_size=sizes.append)
    embedded = asyncio.run(embedding.embed(["a", "b"]))
    assert embedded.vectors.shape == (2, 2)
    assert embedded.embed_s > 0
    assert (embedded.queue_s > 0) == in_thread
    assert sizes == [2]
    assert embedding.depth() == 0
    assert (gated.threads == {threading.get_ident()}) != in_thread
    embedding.close()


def test_in_its_thread_the_embedder_holds_up_nobody_and_the_queue_is_counted(gated: Gated) -> None:
    """While one text is embedded the loop goes on, and the depth is the number of texts not begun with."""

    async def scenario() -> None:
        embedding = ThreadEmbedding(gated, lambda _: None)
        tasks = [asyncio.create_task(embedding.embed(texts)) for texts in (["a"], ["b"], ["c", "d"])]
        while embedding.depth() != 3:
            await asyncio.sleep(0)
        gated.gate.set()
        embedded = await asyncio.gather(*tasks)
        assert [its.vectors.shape[0] for its in embedded] == [1, 1, 2]
        assert gated.seen == [["a"], ["b"], ["c", "d"]]
        assert embedding.depth() == 0
        assert embedded[2].queue_s > 0
        embedding.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_texts_whose_caller_has_left_are_not_embedded(gated: Gated) -> None:
    """In an overload the work is for those who still wait."""

    async def scenario() -> None:
        embedding = ThreadEmbedding(gated, lambda _: None)
        tasks = [asyncio.create_task(embedding.embed([text])) for text in "abc"]
        while embedding.depth() != 2:
            await asyncio.sleep(0)
        tasks[1].cancel()
        while embedding.depth() != 1:
            await asyncio.sleep(0)
        gated.gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gated.seen == [["a"], ["c"]]
        assert embedding.depth() == 0
        embedding.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_an_error_of_the_embedder_is_raised_to_its_caller() -> None:
    """A failed call fails its own request, and the thread goes on."""

    class Moody:
        name, dim, version = "moody", 1, "1"

        def embed(self, texts: Sequence[str]) -> Vectors:
            if texts[0] == "bad":
                raise ZeroDivisionError
            return np.ones((1, 1), np.float32)

    async def scenario() -> None:
        embedding = ThreadEmbedding(Moody(), lambda _: None)
        with pytest.raises(ZeroDivisionError):
            await embedding.embed(["bad"])
        assert (await embedding.embed(["good"])).vectors.shape == (1, 1)
        assert embedding.depth() == 0
        embedding.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))
