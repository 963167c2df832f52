"""Model servers in the test's own process, behind real sockets, and OpenAI's own client to judge them by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import aiohttp
from aiohttp.test_utils import TestServer

from target_stub.model_server.app import COUNTING, make_app
from target_stub.model_server.chat import Chat
from target_stub.model_server.model import LARGE_MODEL, SMALL_MODEL
from target_stub.model_server.trouble import TroubleRates

Result = TypeVar("Result")


class ModelServer:
    """A running model server: `run` runs a coroutine beside it."""

    def __init__(self, runner: asyncio.Runner, server: TestServer, slept: list[float]) -> None:
        self._runner = runner
        self.server = server
        self.slept = slept

    @property
    def url(self) -> str:
        return str(self.server.make_url("/v1"))

    def run(self, work: Awaitable[Result]) -> Result:
        async def wait() -> Result:
            return await asyncio.wait_for(work, 30)

        return self._runner.run(wait())

    def count(self, model: str, outcome: str) -> float:
        return float(self.server.app[COUNTING].requests[model, outcome]._value.get())

    def exposition(self) -> bytes:
        return self.server.app[COUNTING].exposition()

    def openai(self, work: Callable[[Any], Awaitable[Result]], key: str = "none") -> Result:
        """Run something with OpenAI's client, which does not retry here."""
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # here, since most tests do without, and it takes 1 s

        async def asked() -> Result:
            async with DefaultAsyncHttpxClient(trust_env=False) as plain:
                client = AsyncOpenAI(
                    base_url=self.url,
                    api_key=key,
                    max_retries=0,
                    http_client=plain,
                    _strict_response_validation=True,
                )
                return await work(client)

        return self.run(asked())

    def http(self, method: str, path: str, **options: Any) -> tuple[int, Any, bytes]:
        """Return status, headers and body of a plain request."""

        async def asked() -> tuple[int, Any, bytes]:
            async with aiohttp.request(method, self.server.make_url(path), **options) as answer:
                return answer.status, answer.headers, await answer.read()

        return self.run(asked())


@contextmanager
def model_servers(runner: asyncio.Runner) -> Iterator[Callable[..., ModelServer]]:
    """Give what starts a model server; its times are kept in `slept` rather than waited for."""
    servers: list[TestServer] = []

    def begin(*, seed: int = 1, api_key: str = "", admin_token: str = "", **rates: Any) -> ModelServer:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await asyncio.sleep(0)

        async def listen() -> TestServer:
            now_s = asyncio.get_running_loop().time()
            chat = Chat((SMALL_MODEL, LARGE_MODEL), TroubleRates(**rates), seed=seed, time_scale=1.0, now_s=now_s)
            app = make_app(chat, api_key=api_key, admin_token=admin_token, sleep=sleep)
            server = TestServer(app, handler_cancellation=True)
            await server.start_server()
            return server

        servers.append(runner.run(listen()))
        return ModelServer(runner, servers[-1], slept)

    try:
        yield begin
    finally:
        for server in servers:
            runner.run(server.close())
