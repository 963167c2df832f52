"""Turns: fairness between users, weights, bounds of waiting, a limit that follows latency; and all that over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from target_stub.embedder import Vectors
from target_stub.protection.concurrency import LEAST, ConcurrencyLimit
from target_stub.protection.fair_queue import FairQueue, ShedError

Serve = Callable[..., Any]


def order_of(*asked: tuple[str, float]) -> list[str]:
    """Return in which order requests get their turn that all wait while another one is worked on."""

    async def scenario() -> list[str]:
        queue, order = FairQueue(ConcurrencyLimit(1, 0), 100, 60), []
        await queue.enter("first", 1)

        async def one(user: str, weight: float) -> None:
            await queue.enter(user, weight)
            order.append(user)
            queue.leave(0)

        tasks = [asyncio.create_task(one(*its)) for its in asked]
        await asyncio.sleep(0)
        queue.leave(0)
        await asyncio.gather(*tasks)
        assert (queue.running, queue.depth) == (0, 0)
        assert (queue._heap, queue._last_tags) == ([], {})
        return order

    return asyncio.run(scenario())


def test_users_take_turns_however_many_requests_one_has() -> None:
    """A quiet user waits for one turn of the noisy one, not for all."""
    assert order_of(*[("noisy", 1)] * 5, ("quiet", 1), ("other", 1)) == ["noisy", "quiet", "other", *["noisy"] * 4]


def test_a_heavier_user_gets_more_turns() -> None:
    """In proportion to the weights."""
    order = order_of(*[("light", 1)] * 4, *[("heavy", 2)] * 8)
    assert order[:6].count("heavy") == 4
    assert order[:6].count("light") == 2


def test_one_users_requests_keep_their_order() -> None:
    """First come, first served."""

    async def scenario() -> list[int]:
        queue, order = FairQueue(ConcurrencyLimit(1, 0), 100, 60), []
        await queue.enter("a", 1)

        async def one(number: int) -> None:
            await queue.enter("a", 1)
            order.append(number)
            queue.leave(0)

        tasks = [asyncio.create_task(one(number)) for number in range(9)]
        await asyncio.sleep(0)
        queue.leave(0)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scenario()) == list(range(9))


def test_when_too_many_wait_the_noisiest_is_shed() -> None:
    """Its newest request; and who asks gets the reason when it is itself the noisiest."""

    async def scenario() -> None:
        queue = FairQueue(ConcurrencyLimit(1, 0), 3, 60)
        await queue.enter("a", 1)
        noisy = [asyncio.create_task(queue.enter("noisy", 1)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(ShedError, match="queue_full"):
            await queue.enter("noisy", 1)
        quiet = asyncio.create_task(queue.enter("quiet", 1))
        with pytest.raises(ShedError, match="queue_full"):
            await noisy[2]
        for _ in range(3):
            queue.leave(0)
            await asyncio.sleep(0)
        await asyncio.gather(quiet, *noisy[:2])
        assert queue.depth == 0

    asyncio.run(scenario())


def test_who_waits_too_long_is_shed() -> None:
    """And takes no turn from anybody."""

    async def scenario() -> None:
        queue = FairQueue(ConcurrencyLimit(1, 0), 10, 0.01)
        await queue.enter("a", 1)
        with pytest.raises(ShedError, match="queue_timeout"):
            await queue.enter("b", 1)
        queue.leave(0)
        assert (queue.running, queue.depth) == (0, 0)
        assert await queue.enter("c", 1) == 0

    asyncio.run(scenario())


def test_who_leaves_gives_its_turn_back() -> None:
    """Also when the turn came in the same moment."""

    async def scenario() -> None:
        queue = FairQueue(ConcurrencyLimit(1, 0), 10, 60)
        await queue.enter("a", 1)
        waiting = [asyncio.create_task(queue.enter(user, 1)) for user in "bcd"]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert queue.depth == 2
        queue.leave(0)  # c's turn
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (queue.running, queue.depth) == (1, 0)  # d's

    asyncio.run(scenario())


def test_an_adaptive_limit_goes_down_with_slow_requests_and_up_with_quick_ones() -> None:
    """By a tenth at most once a round; by about one a round; within its bounds, and not while it is not used."""
    limit = ConcurrencyLimit(100, 0.1)
    for _ in range(100):
        limit.observe(0.2, 100)
    assert limit.now == 90
    for _ in range(5000):
        limit.observe(0.2, 100)
    assert limit.now == LEAST
    for _ in range(50):
        limit.observe(0.01, 0)
    assert limit.now == LEAST
    for _ in range(10_000):
        limit.observe(0.01, limit.now)
    assert limit.now == 100
    fixed = ConcurrencyLimit(7, 0)
    fixed.observe(99, 7)
    assert fixed.now == 7


class Gated:
    """An embedder that waits for its gate once the service is warm."""

    name, dim, version = "hashing", 256, "gated"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert self.gate.wait(60)
        return np.ones((len(texts), 256), np.float32)


def test_a_service_sheds_what_it_cannot_do(serve: Serve) -> None:
    """One is worked on, one waits, one more is refused with the time to try again; probes are answered all along."""
    embedder = Gated()
    client = serve(embedder=embedder, concurrency="fixed", concurrency_max=1, queue_max=1, single_flight=False)

    async def scenario() -> list[Any]:
        embedder.gate.clear()
        calls = [asyncio.create_task(client.call("POST", "/api/search", json={"query": query})) for query in "ab"]
        while client.service.gate.queue.depth < 1:
            await asyncio.sleep(0)
        refused = await client.call("POST", "/api/search", json={"query": "c"})
        assert (await client.call("GET", "/healthz")).status == 200
        metrics = (await client.call("GET", "/metrics")).body.decode()
        assert "http_server_request_queue_depth 1.0" in metrics
        assert "http_server_concurrency_limit 1.0" in metrics
        embedder.gate.set()
        return [refused, *(await asyncio.gather(*calls))]

    refused, *answered = client._runner.run(asyncio.wait_for(scenario(), 60))
    assert (refused.status, refused.error["code"], refused.headers["Retry-After"]) == (503, "overloaded", "1")
    assert [answer.status for answer in answered] == [200, 200]
    assert client.metric('http_server_requests_shed_total{reason="queue_full"}') == 1
    assert client.metric('search_stage_duration_seconds_count{stage="queue"}') >= 1


def test_low_priority_and_favoured_users_are_weighed(serve: Serve) -> None:
    """Who calls itself low stands back; who is favoured goes before; nobody can raise itself."""
    embedder = Gated()
    client = serve(
        embedder=embedder, concurrency="fixed", concurrency_max=1, single_flight=False, favoured_users="boss, chief"
    )
    asked = [("low", {"X-User": "a", "X-Priority": "low"}), ("plain", {"X-User": "b", "X-Priority": "urgent"})]
    asked.append(("favoured", {"X-User": "boss"}))
    done: list[str] = []

    async def one(name: str, headers: dict[str, str]) -> None:
        await client.call("POST", "/api/search", json={"query": name}, headers=headers)
        done.append(name)

    async def scenario() -> None:
        embedder.gate.clear()
        calls = [asyncio.create_task(client.call("POST", "/api/search", json={"query": "first"}))]
        while not client.service.gate.queue.running:
            await asyncio.sleep(0)
        for number, (name, headers) in enumerate(asked, 1):
            calls.append(asyncio.create_task(one(name, headers)))
            while client.service.gate.queue.depth < number:
                await asyncio.sleep(0)
        embedder.gate.set()
        await asyncio.gather(*calls)

    client._runner.run(asyncio.wait_for(scenario(), 60))
    assert done == ["favoured", "plain", "low"]
