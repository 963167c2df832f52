"""A service that answers through a model server, both in the test's own event loop and behind real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import orjson
import pytest

from tests.target_stub.model_servers import ModelServer, model_servers

Result = TypeVar("Result")
SIMPLE = "What is kneaded and baked in a hot oven?"
COMPLEX = "Why should I knead bread dough, and how does that compare with tuning the strings of a violin?"


class Events:
    """A stream of events, as they were received."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body
        self.events = [
            (lines[0].removeprefix("event: "), orjson.loads(lines[1].removeprefix("data: ")))
            for lines in (block.split("\n") for block in body.decode().split("\n\n") if block)
        ]

    @property
    def names(self) -> list[str]:
        """The names, several tokens as one."""
        names = [name for name, _ in self.events]
        return [name for number, name in enumerate(names) if number == 0 or name != names[number - 1]]

    @property
    def text(self) -> str:
        return "".join(content["text"] for name, content in self.events if name == "token")

    def one(self, name: str) -> Any:
        (content,) = [content for its, content in self.events if its == name]
        return content


class Answers:
    """A service, and the model server that it asks."""

    def __init__(self, runner: asyncio.Runner, client: Any, models: ModelServer | None) -> None:
        self._runner = runner
        self.client = client
        self.models = models
        self.service = client.service

    def run(self, work: Awaitable[Result]) -> Result:
        async def wait() -> Result:
            return await asyncio.wait_for(work, 30)

        return self._runner.run(wait())

    def ask(self, question: str = SIMPLE, headers: Any = None, **body: Any) -> Any:
        """Ask for the answer in one piece."""
        return self.client.post("/api/answer", json={"question": question, "stream": False} | body, headers=headers)

    async def streamed(self, question: str = SIMPLE, headers: Any = None, **body: Any) -> Events:
        reply = await self.client.call("POST", "/api/answer", json={"question": question} | body, headers=headers)
        return Events(reply.status, reply.headers, reply.body)

    def stream(self, question: str = SIMPLE, **body: Any) -> Events:
        """Ask for the answer as events, and read them all."""
        return self.run(self.streamed(question, **body))

    @asynccontextmanager
    async def listening(self, question: str = SIMPLE, **body: Any) -> AsyncIterator[Any]:
        """Give the answer's stream while it is under way."""
        async with self.client._client.post("/api/answer", json={"question": question} | body) as answer:
            yield answer

    def metric(self, line_start: str) -> float:
        return float(self.client.metric(line_start))

    def asked(self, outcome: str = "ok", model: str = "small") -> float:
        """Return how many requests to the model server ended so, by the service's own count."""
        return self.metric(f'upstream_requests_total{{model="{model}",outcome="{outcome}"}}')


async def until(condition: Callable[[], object]) -> None:
    """Return when a condition holds."""
    while not condition():
        await asyncio.sleep(0.002)


@pytest.fixture
def start(runner: asyncio.Runner, serve: Callable[..., Any]) -> Iterator[Callable[..., Answers]]:
    """Return what starts a service with these switches and, unless that is None, a model server with these troubles."""
    with model_servers(runner) as begin:

        def make(*, models: dict[str, Any] | None = {}, **switches: Any) -> Answers:  # noqa: B006 (never changed)
            server = None if models is None else begin(**models)
            url = {"upstream_url": server.url} if server else {}
            return Answers(runner, serve(**url | {"upstream_warm_connections": 0} | switches), server)

        yield make
