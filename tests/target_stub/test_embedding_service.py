"""The embedding service and its client: the same vectors as here, whatever becomes of a replica."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from target_stub.config import Config
from target_stub.embedder import Vectors
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.embedding import InlineEmbedding
from target_stub.embedding_service.app import EmbeddingService, make_app
from target_stub.embedding_service.replicas import VERSION_HEADER, ReplicaEmbedding, ReplicaPolicy
from target_stub.embedding_service.vector_format import MEDIA, VectorsError, pack, unpack
from target_stub.errors import ConfigError

HASHING = HashingEmbedder(64)
TEXTS = ["bread", "the violin and its bow"]


def expected(texts: Sequence[str] = TEXTS) -> Vectors:
    return HASHING.embed(texts)


def with_service(scenario: Callable[[TestClient[Any, Any]], Awaitable[Any]], *, ready: bool = True) -> None:
    async def whole() -> None:
        service = EmbeddingService(Config(embedder="hashing"))
        if ready:
            service.take_in(HashingEmbedder(64))
        async with TestClient(TestServer(make_app(service))) as client:
            await scenario(client)

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_it_answers_as_openais_api_does() -> None:
    """One text or several, as numbers or in base64, in their order, with the model's name."""

    async def scenario(client: TestClient[Any, Any]) -> None:
        async with client.post("/v1/embeddings", json={"input": TEXTS, "model": "any", "user": "ignored"}) as answer:
            told = await answer.json()
        assert (told["object"], told["model"], [its["index"] for its in told["data"]]) == ("list", "hashing", [0, 1])
        np.testing.assert_allclose([its["embedding"] for its in told["data"]], expected(), atol=1e-6)
        assert told["usage"]["total_tokens"] > 0
        async with client.post("/v1/embeddings", json={"input": "bread", "encoding_format": "base64"}) as answer:
            (told,) = (await answer.json())["data"]
        numbers = np.frombuffer(base64.b64decode(told["embedding"]), "<f4")
        np.testing.assert_array_equal(numbers, expected(["bread"])[0])
        async with client.get("/v1/models") as answer:
            (model,) = (await answer.json())["data"]
        assert (model["id"], model["version"], model["dim"]) == ("hashing", HASHING.version, 256)
        async with client.get("/metrics") as answer:
            assert 'search_stage_duration_seconds_count{stage="embed"} 2' in await answer.text()

    with_service(scenario)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"{}", 400),
        (b'{"input": []}', 400),
        (b'{"input": [1]}', 400),
        (b'{"input": "a", "encoding_format": "int8"}', 400),
        (json.dumps({"input": ["a"] * 257}).encode(), 400),
        (json.dumps({"input": "a" * 40_001}).encode(), 400),
    ],
)
def test_bad_requests_are_refused(body: bytes, status: int) -> None:
    """Not JSON, nothing to embed, too much of it, or an encoding that there is not."""

    async def scenario(client: TestClient[Any, Any]) -> None:
        async with client.post("/v1/embeddings", data=body, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == status
            assert answer.content_type == "application/problem+json"

    with_service(scenario)


def test_until_its_model_is_loaded_it_says_so() -> None:
    """503 with Retry-After, and not ready; alive all the same."""

    async def scenario(client: TestClient[Any, Any]) -> None:
        async with client.post("/v1/embeddings", json={"input": "a"}) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        async with client.get("/readyz") as ready, client.get("/healthz") as alive:
            assert (ready.status, alive.status) == (503, 200)

    with_service(scenario, ready=False)


@pytest.mark.parametrize(
    "harm",
    [
        lambda packed: packed[:10],
        lambda packed: packed[:-4],
        lambda packed: packed[:-1] + b"\x01",
        lambda packed: b"GIF8" + packed[4:],
        lambda packed: packed[:5] + b"\xff\xff\xff\x7f" + packed[9:],
        lambda _: pack(np.array([[np.nan]], np.float32)),
    ],
)
def test_vectors_that_are_not_whole_are_refused(harm: Callable[[bytes], bytes]) -> None:
    """Cut short, altered, another format, a size that is a lie, or no numbers."""
    np.testing.assert_array_equal(unpack(pack(expected())), expected())
    with pytest.raises(VectorsError):
        unpack(harm(pack(expected())))


class FakeReplica:
    """A replica that does as it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.version = HASHING.version
        self.embedder: Any = HASHING
        self.gate = asyncio.Event()
        self.gate.set()
        self.status = 200
        self.garbage = False

    async def answer(self, request: web.Request) -> web.Response:
        self.calls += 1
        texts = (await request.json())["input"]
        await self.gate.wait()
        body = b"\x00" * 50 if self.garbage else pack(self.embedder.embed(texts))
        return web.Response(
            body=body, status=self.status, headers={"Content-Type": MEDIA, VERSION_HEADER: self.version}
        )


@asynccontextmanager
async def replicas(count: int, policy: ReplicaPolicy) -> AsyncIterator[tuple[list[FakeReplica], Any, Counter[str]]]:
    fakes, servers = [FakeReplica() for _ in range(count)], []
    for fake in fakes:
        app = web.Application()
        app.router.add_post("/v1/embeddings", fake.answer)
        servers.append(TestServer(app))
        await servers[-1].start_server()
    counted: Counter[str] = Counter()
    urls = [str(server.make_url("/")) for server in servers]
    names = {url.rstrip("/"): str(number) for number, url in enumerate(urls)}
    embedding = ReplicaEmbedding(
        urls,
        HASHING.version,
        InlineEmbedding(HASHING, lambda _: None),
        lambda url, its: counted.update([f"{names.get(url, url)} {its}"]),
        policy,
    )
    try:
        yield fakes, embedding, counted
    finally:
        for fake in fakes:
            fake.gate.set()
        await embedding.disconnect()
        for server in servers:
            await server.close()


def run(scenario: Callable[[list[FakeReplica], Any, Counter[str]], Awaitable[Any]], count: int, **policy: Any) -> None:
    async def whole() -> None:
        async with replicas(count, ReplicaPolicy(**{"timeout_s": 20.0, "open_s": 3600.0, **policy})) as (
            fakes,
            its,
            counted,
        ):
            await scenario(fakes, its, counted)

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_replicas_share_the_work_by_what_is_under_way() -> None:
    """While one is busy the other is asked; each gives the vectors of the model here."""

    async def scenario(fakes: list[FakeReplica], embedding: Any, counted: Counter[str]) -> None:
        for _ in range(2):
            np.testing.assert_array_equal((await embedding.embed(TEXTS)).vectors, expected())
        fakes[0].gate.clear()
        calls = [asyncio.create_task(embedding.embed(TEXTS)) for _ in range(2)]
        done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert fakes[1].calls >= 1
        assert counted["1 ok"] == len(done) == 1
        fakes[0].gate.set()
        await asyncio.gather(*calls)

    run(scenario, 2)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"status": 500}, "failed"),
        ({"garbage": True}, "failed"),
        ({"version": "another"}, "refused"),
        ({"embedder": type("Other", (), {"embed": lambda _, texts: -HASHING.embed(texts)})()}, "refused"),
    ],
)
def test_a_replica_that_fails_is_passed_over_and_then_left_alone(fault: dict[str, Any], outcome: str) -> None:
    """Errors, garbage, another model, or one that only calls itself the same: three times, then no more."""

    async def scenario(fakes: list[FakeReplica], embedding: Any, counted: Counter[str]) -> None:
        for name, value in fault.items():
            setattr(fakes[0], name, value)
        for _ in range(6):
            np.testing.assert_array_equal((await embedding.embed(TEXTS)).vectors, expected())
        assert counted == {f"0 {outcome}": 3, "1 ok": 6}

    run(scenario, 2)


def test_without_any_replica_it_is_done_here() -> None:
    """All down or too slow: the text is embedded all the same, and that is counted."""

    async def scenario(fakes: list[FakeReplica], embedding: Any, counted: Counter[str]) -> None:
        fakes[0].status = 500
        fakes[1].gate.clear()
        np.testing.assert_array_equal((await embedding.embed(TEXTS)).vectors, expected())
        assert counted["local ok"] == 1
        assert counted["1 timeout"] == 1

    run(scenario, 2, timeout_s=0.5)


def test_a_slow_call_is_sent_to_another_replica_as_well_for_a_bounded_share() -> None:
    """Once times are known, the first answer wins; hedges are saved up at the share allowed."""

    async def scenario(fakes: list[FakeReplica], embedding: Any, counted: Counter[str]) -> None:
        for _ in range(40):
            await embedding.embed(TEXTS)
        before = counted["0 hedged"] + counted["1 hedged"]
        for fake in fakes[:1]:
            fake.gate.clear()
        for _ in range(4):
            np.testing.assert_array_equal((await embedding.embed(TEXTS)).vectors, expected())
        assert counted["1 hedged"] >= 1
        assert counted["0 hedged"] + counted["1 hedged"] - before <= 4
        assert counted["local ok"] == 0

    run(scenario, 2, hedged_share=1.0)


@pytest.mark.parametrize("urls", ["127.0.0.1:8081", "http://", "ftp://x"])
def test_an_address_that_is_none_is_a_mistake(urls: str) -> None:
    """Told before anything is prepared."""
    with pytest.raises(ConfigError, match="is not an address"):
        _ = Config(embedder_urls=urls).embedder_addresses
    assert Config(embedder_urls="http://a:1/, http://b:2").embedder_addresses == ("http://a:1", "http://b:2")


@pytest.fixture
def processes(
    tmp_path: Path, wait_for: Callable[..., None]
) -> Iterator[Callable[[], tuple[subprocess.Popen[bytes], str]]]:
    """Return what starts a real embedding service and returns it with its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> tuple[subprocess.Popen[bytes], str]:
        announced = tmp_path / f"announced-{len(started)}.json"
        command = [sys.executable, "-m", "target_stub", "serve-embedder", "--port=0", f"--announce={announced}"]
        process = subprocess.Popen([*command, "--embedder=hashing"], stderr=subprocess.DEVNULL, env={**os.environ})
        started.append(process)
        wait_for(announced.exists)
        return process, str(json.loads(announced.read_text())["url"])

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_search_service_lives_through_the_death_of_its_embedding_services(
    processes: Callable[[], tuple[subprocess.Popen[bytes], str]],
    serve: Callable[..., Any],
    wait_for: Callable[..., None],
) -> None:
    """Two real processes; one is killed and the other goes on; that ends too, and the work is done here."""
    (one, one_url), (other, other_url) = processes(), processes()

    async def is_ready(url: str) -> bool:
        async with ClientSession() as session, session.get(f"{url}/readyz") as answer:
            return answer.status == 200

    for url in (one_url, other_url):
        wait_for(lambda url=url: asyncio.run(is_ready(url)))
    client = serve(embedder_urls=f"{one_url},{other_url}", cache="off", embedder_timeout_ms=20_000)
    alone = serve(cache="off")
    subjects = [f"how to practise {subject}" for subject in ("bread", "violin", "chess")]

    def answers() -> list[Any]:
        return [client.search(query=query).json["results"] for query in subjects]

    right = [alone.search(query=query).json["results"] for query in subjects]
    calls = 'embedding_service_calls_total{{outcome="{1}",replica="{0}"}}'
    assert answers() == right
    assert client.metric(calls.format(one_url, "ok")) + client.metric(calls.format(other_url, "ok")) >= 3
    one.kill()
    one.wait()
    assert answers() == right
    assert client.metric(calls.format("local", "ok")) == 0
    other.send_signal(signal.SIGTERM)
    assert other.wait(60) == 0
    assert answers() == right
    assert client.metric(calls.format("local", "ok")) >= 3
