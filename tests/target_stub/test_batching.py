"""Batching: texts at one time go together, none waits too long, and each gets its own vector."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from target_stub.batching import BatchingEmbedding, BatchPolicy, batch_policy
from target_stub.config import Config
from target_stub.embedding import Embedded
from target_stub.errors import ConfigError

NEVER_S = 3600.0


class Inside:
    """An embedding that holds its calls until it is let go; a text's vector is its length."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None
        self.closed = False

    async def embed(self, texts: Sequence[str]) -> Embedded:
        self.calls.append(list(texts))
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Embedded(np.array([[len(text)] for text in texts], np.float32), 0.0, 0.5)

    def depth(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def run(policy: BatchPolicy, scenario: Callable[[BatchingEmbedding, Inside, Counter[str]], Awaitable[Any]]) -> None:
    async def whole() -> None:
        inside, closed = Inside(), Counter[str]()
        await scenario(BatchingEmbedding(inside, policy, lambda its: closed.update([its.value])), inside, closed)

    asyncio.run(asyncio.wait_for(whole(), 60))


def begin(batching: BatchingEmbedding, texts: Sequence[str]) -> list[asyncio.Task[Embedded]]:
    return [asyncio.create_task(batching.embed([text])) for text in texts]


def test_a_full_batch_begins_at_once_and_each_gets_its_own_vector() -> None:
    """Four texts of a batch of four do not wait, and are told apart."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, closed: Counter[str]) -> None:
        tasks = begin(batching, ["a", "bb", "ccc", "dddd"])
        await settle()
        assert inside.calls == [["a", "bb", "ccc", "dddd"]]
        inside.gate.set()
        assert [its.vectors.tolist() for its in await asyncio.gather(*tasks)] == [[[1]], [[2]], [[3]], [[4]]]
        assert closed == {"full": 1}
        assert batching.depth() == 0

    run(BatchPolicy(4, NEVER_S), scenario)


def test_a_lone_text_waits_only_its_time() -> None:
    """Then it goes alone, and its wait is told as its time in the queue."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, closed: Counter[str]) -> None:
        inside.gate.set()
        embedded = await batching.embed(["a"])
        assert embedded.queue_s >= 0.01
        assert embedded.embed_s == 0.5
        assert closed == {"waited": 1}

    run(BatchPolicy(4, 0.01), scenario)


def test_what_came_while_the_embedder_was_busy_goes_together() -> None:
    """One call at a time; what gathered meanwhile is the next one, without any further wait."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, closed: Counter[str]) -> None:
        first = begin(batching, ["a"])
        await settle()
        rest = begin(batching, ["b", "c"])
        await settle()
        assert inside.calls == [["a"]]
        assert batching.depth() == 2
        inside.gate.set()
        await asyncio.gather(*first, *rest)
        assert inside.calls == [["a"], ["b", "c"]]
        assert closed == {"waited": 1, "busy": 1}

    run(BatchPolicy(4, 0.0), scenario)


def test_short_and_long_texts_are_batched_apart() -> None:
    """A batch is padded to its longest text, so a long one among short ones would cost them all."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, _: Counter[str]) -> None:
        begin(batching, ["short", "x" * 200, "brief", "y" * 210])
        await settle()
        inside.gate.set()
        await settle()
        assert [sorted(len(text) for text in call) for call in inside.calls] == [[5, 5], [200, 210]]

    run(BatchPolicy(2, NEVER_S, (16, 32)), scenario)


def test_a_batch_of_long_texts_holds_fewer() -> None:
    """64 tokens are 4 texts of at most 16, 2 of at most 32, or one beyond; without a bound all batches are alike."""
    policy = BatchPolicy(8, 0.002, (16, 32), tokens=64)
    assert [policy.most(bucket) for bucket in range(3)] == [4, 2, 1]
    assert BatchPolicy(2, 0.002, (16, 32), tokens=64).most(0) == 2
    assert [BatchPolicy(8, 0.002, (16, 32)).most(bucket) for bucket in range(3)] == [8, 8, 8]

    async def scenario(batching: BatchingEmbedding, inside: Inside, _: Counter[str]) -> None:
        begin(batching, [letter * 100 for letter in "abcd"])  # 27 tokens each, about
        await settle()
        inside.gate.set()
        await settle()
        assert [len(call) for call in inside.calls] == [2, 2]

    run(BatchPolicy(8, NEVER_S, (16, 32), tokens=64), scenario)


def test_who_has_left_is_not_embedded() -> None:
    """The place in the batch goes to one who still waits."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, _: Counter[str]) -> None:
        tasks = begin(batching, ["a", "b"])
        await settle()
        tasks[0].cancel()
        await settle()
        begin(batching, ["c", "d"])
        await settle()
        assert inside.calls == [["b", "c", "d"]]
        inside.gate.set()
        await settle()

    run(BatchPolicy(3, NEVER_S), scenario)


def test_an_error_is_told_to_all_of_its_batch_and_to_no_other() -> None:
    """The next batch is embedded as if nothing had been."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, _: Counter[str]) -> None:
        inside.gate.set()
        inside.error = ZeroDivisionError()
        failed = await asyncio.gather(*begin(batching, ["a", "b"]), return_exceptions=True)
        assert [type(its) for its in failed] == [ZeroDivisionError] * 2
        inside.error = None
        assert [its.vectors.item() for its in await asyncio.gather(*begin(batching, ["a", "b"]))] == [1, 1]

    run(BatchPolicy(2, NEVER_S), scenario)


def test_many_texts_of_one_caller_pass_as_they_are() -> None:
    """Documents being added are a batch already; closing drops what waits."""

    async def scenario(batching: BatchingEmbedding, inside: Inside, _: Counter[str]) -> None:
        inside.gate.set()
        assert (await batching.embed(["a", "bb"])).vectors.tolist() == [[1], [2]]
        (left,) = begin(batching, ["c"])
        await settle()
        batching.close()
        assert inside.closed
        with pytest.raises(asyncio.CancelledError):
            await left

    run(BatchPolicy(4, NEVER_S), scenario)


@pytest.mark.parametrize(
    ("switches", "in_thread"),
    [
        ({"embedder": "static"}, False),
        ({"embedder": "hashing"}, False),
        ({"embedder": "minilm"}, True),
        ({"embedder": "onnx"}, True),
        ({"embedder": "static", "embed_extra_ms": 5.0}, True),
        ({"embedder": "static", "embed_extra_ms_per_token": 0.1}, True),
        ({"embedder": "static", "embed_in_thread": "on"}, True),
        ({"embedder": "minilm", "embed_in_thread": "off"}, False),
    ],
)
def test_a_quick_embedder_stays_in_the_event_loop_unless_it_was_slowed_down(
    switches: dict[str, Any], in_thread: bool
) -> None:
    """The way to a thread and back takes longer than it does; a word given is obeyed."""
    assert replace(Config(), **switches).embeds_in_thread is in_thread


@pytest.mark.parametrize(
    ("switches", "largest"),
    [
        ({"embedder": "static"}, None),
        ({"embedder": "hashing"}, None),
        ({"embedder": "minilm"}, 8),
        ({"embedder": "minilm", "embed_in_thread": "off"}, None),
        ({"embedder": "minilm", "embed_batch_max": 1}, None),
        ({"embedder": "static", "embed_batch_max": 4}, 4),
    ],
)
def test_batching_is_off_where_it_gains_nothing_unless_it_is_asked_for(
    switches: dict[str, Any], largest: int | None
) -> None:
    """By default it follows the embedder; a number given is obeyed."""
    policy = batch_policy(replace(Config(), **switches))
    assert (policy and policy.largest) == largest


@pytest.mark.parametrize("buckets", ["16,x", "0", "-5,3"])
def test_buckets_that_are_none_are_a_mistake(buckets: str) -> None:
    """They are told in two lines; in any order, and empty, they are fine."""
    with pytest.raises(ConfigError, match="token counts"):
        _ = Config(embed_batch_buckets=buckets).batch_buckets
    assert Config(embed_batch_buckets="32, 16").batch_buckets == (16, 32)
    assert Config(embed_batch_buckets="").batch_buckets == ()


def test_a_service_with_batches_answers_as_one_without(serve: Callable[..., Any]) -> None:
    """The same results, in fewer calls, which the metrics show."""
    batched, alone = serve(embed_batch_max=4, cache="off", single_flight=False), serve(cache="off")
    queries = [{"query": f"how to practise {subject}"} for subject in ("bread", "violin", "chess", "garden")]
    results = [reply.json["results"] for reply in batched.together(*queries)]
    assert results == [alone.search(**query).json["results"] for query in queries]
    assert (
        sum(batched.metric(f'embedding_batches_total{{closed_by="{its}"}}') for its in ("full", "waited", "busy")) >= 1
    )
