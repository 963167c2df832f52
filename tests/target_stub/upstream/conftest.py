"""A client, and model servers for it to ask, all in one event loop and behind real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any, TypeVar

import pytest

from target_stub import metric_names as names
from target_stub.metrics import Metrics
from target_stub.upstream.chat import ChatRequest, Message
from target_stub.upstream.client import Upstream
from target_stub.upstream.counting import UpstreamCounting
from target_stub.upstream.deadline import Deadline
from target_stub.upstream.policy import UpstreamPolicy
from target_stub.upstream.pool import PoolPolicy
from tests.target_stub.model_servers import ModelServer, model_servers

Result = TypeVar("Result")
PASSAGE = '<passage n="1" title="How to bake bread">\nKnead the dough. Bake it in a hot oven.\n</passage>'
ANSWER = "How to bake bread [1] Bake it in a hot oven. [1]"
QUESTION = "How is bread baked?"


def request(model: str = "small", question: str = QUESTION, max_tokens: int = 100) -> ChatRequest:
    """Return a request whose answer is `ANSWER`."""
    content = f"{PASSAGE}\n\nQuestion: {question}"
    return ChatRequest(model, f"tenfold-{model}", [Message("user", content)], max_tokens)


def seconds(number: float) -> Deadline:
    """Return a deadline that many seconds from now."""
    return Deadline(time.monotonic() + number, time.monotonic)


class Asking:
    """A client with its metrics; the waits between tries are kept in `waited` rather than waited for."""

    def __init__(self, runner: asyncio.Runner, url: str, key: str = "", **policy: Any) -> None:
        self._runner = runner
        self.metrics = Metrics()
        self.waited: list[float] = []
        counting = UpstreamCounting(self.metrics, names.MODELS)
        whole = UpstreamPolicy(url, **({"warm_connections": 0} | policy))
        self.upstream = Upstream(whole, counting, api_key=key, rng=Random(1), sleep=self._sleep)
        self.run(self.upstream.start())

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await asyncio.sleep(0)

    def run(self, work: Awaitable[Result]) -> Result:
        async def wait() -> Result:
            return await asyncio.wait_for(work, 30)

        return self._runner.run(wait())

    async def read(self, asked: ChatRequest, deadline: Deadline) -> str:
        """Return the whole answer."""
        stream = await self.upstream.open(asked, deadline)
        try:
            return "".join([words async for words in stream])
        finally:
            stream.close()

    def answer(self, asked: ChatRequest | None = None, deadline_s: float = 20) -> str:
        """Ask, and return the whole answer."""
        return self.run(self.read(asked or request(), seconds(deadline_s)))

    def metric(self, line_start: str) -> float:
        """Return the value of the sample whose line starts so."""
        lines = self.metrics.exposition("")[0].decode().splitlines()
        (value,) = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{line_start} ")]
        return float(value)

    def ended(self, outcome: str, model: str = "small") -> float:
        """Return how many requests ended so."""
        return self.metric(f'upstream_requests_total{{model="{model}",outcome="{outcome}"}}')


@pytest.fixture
def start(runner: asyncio.Runner) -> Iterator[Callable[..., ModelServer]]:
    """Return what starts a model server."""
    with model_servers(runner) as begin:
        yield begin


@pytest.fixture
def ask(runner: asyncio.Runner) -> Iterator[Callable[..., Asking]]:
    """Return what makes a client for an address."""
    clients: list[Asking] = []

    def make(
        url: str, *, read_timeout_s: float = 30, connections: int = 32, keep_alive: bool = True, **rest: Any
    ) -> Asking:
        pool = PoolPolicy(connections=connections, keep_alive=keep_alive, read_timeout_s=read_timeout_s)
        clients.append(Asking(runner, url, pool=pool, **rest))
        return clients[-1]

    yield make
    for client in clients:
        client.run(client.upstream.close())
