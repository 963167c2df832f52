"""What the tests of the service share: a few documents, an artifact folder, a service in memory, a client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from target_stub.app import make_app
from target_stub.artifacts import Artifacts
from target_stub.collection import Collection
from target_stub.config import Config
from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedder import Embedder
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.indexes.exact import ExactIndex
from target_stub.keyword import searchable
from target_stub.keywords.bm25 import Bm25Index
from target_stub.postings import Postings
from target_stub.preparation import Prepared
from target_stub.service import Service
from target_stub.table import Table
from target_stub.words import Words

SUBJECTS = {
    "bread": "Knead the dough, let it rise overnight and bake it in a hot oven.",
    "bicycle": "Oil the chain, pump the tyres and tighten the brakes before riding.",
    "violin": "Tune the strings, rosin the bow and play the scales slowly.",
    "garden": "Sow the seeds in spring, water the beds and pull out the weeds.",
    "sailing": "Hoist the sails, hold the rudder and watch the wind.",
    "chess": "Move the pawns early, guard the king and take the centre of the board.",
}
NAIVE = {"embed_in_thread": "off", "index": "exact", "cache": "off", "single_flight": False}


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Return what waits until a condition holds, for tests with other processes; it fails after a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it did not come about in a minute"
            time.sleep(0.01)

    return wait


@pytest.fixture
def documents() -> tuple[Document, ...]:
    return tuple(
        Document(f"hobby.{subject}", f"How to practise {subject}", text, "hobby", "advice")
        for subject, text in SUBJECTS.items()
    )


@pytest.fixture
def corpus(documents: tuple[Document, ...]) -> Corpus:
    return Corpus("hobbies", "0" * 64, documents)


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "cache")


@pytest.fixture
def collection(corpus: Corpus) -> Collection:
    vectors = HashingEmbedder(64).embed([document.passage for document in corpus.documents])
    table = Table(vectors, [document.label for document in corpus.documents])
    words = Words()
    keywords = Bm25Index(Postings.of(map(searchable, corpus.documents), words), k1=1.2, b=0.75, language=words)
    return Collection(corpus, table, ExactIndex(table), "hashing exact", keywords)


@pytest.fixture
def config() -> Config:
    return Config(embedder="hashing", index="exact", embed_in_thread="on")  # as the embedders of those who use it are


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def error(self) -> Any:
        assert self.headers["Content-Type"] == "application/problem+json"
        return self.json


class Client:
    """A client whose calls return when the answer is there; `together` makes calls at one time."""

    def __init__(self, runner: asyncio.Runner, client: TestClient[Any, Any], service: Service) -> None:
        self._runner = runner
        self._client = client
        self.service = service

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        async with self._client.request(method, path, **options) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    def get(self, path: str, **options: Any) -> Reply:
        return self._runner.run(self.call("GET", path, **options))

    def post(self, path: str, **options: Any) -> Reply:
        return self._runner.run(self.call("POST", path, **options))

    def request(self, method: str, path: str, **options: Any) -> Reply:
        return self._runner.run(self.call(method, path, **options))

    def search(self, **body: Any) -> Reply:
        return self.post("/api/search", json=body)

    def together(self, *bodies: dict[str, Any]) -> list[Reply]:
        async def all_at_once() -> list[Reply]:
            return await asyncio.gather(*(self.call("POST", "/api/search", json=body) for body in bodies))

        return self._runner.run(all_at_once())

    def metric(self, line_start: str) -> float:
        """Return the value of the sample whose line starts so."""
        lines = self.get("/metrics").body.decode().splitlines()
        values = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{line_start} ")]
        assert len(values) == 1, f"{len(values)} samples {line_start}"
        return float(values[0])


ServiceMaker = Callable[..., Client]


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """Return the event loop of a test's services, and of whatever they talk to."""
    with asyncio.Runner() as one:
        yield one


@pytest.fixture
def serve(runner: asyncio.Runner, collection: Collection, config: Config) -> Iterator[ServiceMaker]:
    """Return what starts a service with some switches changed; the documents are the fixture's."""
    clients: list[TestClient[Any, Any]] = []

    def start(*, ready: bool = True, embedder: Embedder | None = None, **switches: Any) -> Client:
        service = Service(replace(config, **switches))

        async def begin() -> TestClient[Any, Any]:
            if ready:
                await service.take_in(Prepared(collection, embedder or HashingEmbedder(64)))
            client = TestClient(TestServer(make_app(service), handler_cancellation=True))
            await client.start_server()
            return client

        clients.append(runner.run(begin()))
        return Client(runner, clients[-1], service)

    yield start
    for client in clients:
        runner.run(client.close())


@pytest.fixture
def client(serve: ServiceMaker) -> Client:
    return serve()
