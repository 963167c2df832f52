"""Swapping: another embedder and another index under load, without a failed request; and when it cannot be done."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from target_stub.app import make_app
from target_stub.artifacts import Artifacts
from target_stub.config import Config
from target_stub.preparation import load, prepare
from target_stub.service import Service

TOKEN = {"Authorization": "Bearer secret"}
SUBJECTS = ("bread", "violin", "sailing", "chess", "garden", "bicycle")
CAKE = {"id": "cake", "title": "Bake a cake", "text": "Flour, eggs and sugar."}

Http = TestClient[Any, Any]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("TENFOLD_CACHE_DIR", str(tmp_path / "cache"))  # which the child that prepares reads
    texts = tmp_path / "texts"
    texts.mkdir()
    for subject in SUBJECTS:
        (texts / f"{subject}.txt").write_text(f"About {subject}\nAll there is to know of {subject} and how to do it.\n")
    return Config(corpus=str(texts), embedder="hashing", index="exact", admin_token="secret")


@asynccontextmanager
async def running(config: Config, tmp_path: Path) -> AsyncIterator[tuple[Http, Service]]:
    artifacts = Artifacts(tmp_path / "cache")
    prepare(config, artifacts, lambda *_: None)
    prepared = load(config, artifacts)
    assert prepared is not None
    service = Service(config, artifacts=artifacts)
    await service.take_in(prepared)
    del prepared
    async with TestClient(TestServer(make_app(service), handler_cancellation=True)) as http:
        yield http, service
    gc.unfreeze()


async def call(http: Http, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with http.request(method, path, **options) as answer:
        return answer.status, await answer.json()


async def swap(http: Http, **switches: Any) -> dict[str, Any]:
    """Begin a swap and wait for its end."""
    status, told = await call(http, "POST", "/admin/swap", json=switches, headers=TOKEN)
    assert status == 202, told
    return await until(http, lambda its: its["state"] in ("done", "failed"))


async def until(http: Http, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        told: dict[str, Any] = (await call(http, "GET", "/admin/swap"))[1]
        if holds(told):
            return told
        assert asyncio.get_running_loop().time() < deadline, told
        await asyncio.sleep(0.01)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def test_a_swap_under_load_fails_no_request(config: Config, tmp_path: Path) -> None:
    """Searches, cached and not, go on through a change of index and embedder; each is answered rightly by one of both.

    Afterwards only the new one answers, under another version, and the old one is let go.
    """

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, service):
            answered: Counter[tuple[int, str]] = Counter()
            wrong: list[Any] = []
            stop = False

            async def client(number: int) -> None:
                while not stop:
                    subject = SUBJECTS[number % len(SUBJECTS)]
                    body = {"query": f"about {subject}", "k": 1, "cache": "bypass" if number % 2 else "use"}
                    status, told = await call(http, "POST", "/api/search", json=body)
                    answered[status, told.get("index", "")] += 1
                    if status != 200 or told["results"][0]["id"] != f"{subject}.txt":
                        wrong.append(told)
                    number += 1

            before = (await call(http, "GET", "/admin/swap"))[1]
            clients = [asyncio.ensure_future(client(number)) for number in range(8)]
            told = await swap(http, index="qdrant", embed_max_tokens=32)
            seen = sum(answered.values())
            while sum(answered.values()) < seen + 50:
                await asyncio.sleep(0.01)
            stop = True
            await asyncio.gather(*clients)
            assert wrong == []
            assert {status for status, _ in answered} == {200}
            assert answered[200, "exact"] > 0
            assert answered[200, "qdrant"] > 0
            assert told["state"] == "done"
            assert told["changes"] == {"index": "qdrant", "embed_max_tokens": 32}
            assert told["version"] != before["version"]
            report = (await call(http, "GET", "/admin/config"))[1]
            assert (report["index"]["name"], report["embedder"]["version"]) == ("qdrant", "hashing-crc32-1-t32")
            assert (report["config"]["index"], report["config"]["embed_max_tokens"]) == ("qdrant", 32)
            await until(http, lambda its: its["releasing"] == 0)
            assert service.releasing == 0

    run(scenario)


def test_a_request_that_began_before_ends_on_the_old_one(config: Config, tmp_path: Path) -> None:
    """The old embedder is kept until its last request is answered, and not longer."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, service):
            former = service.ready_search()
            told = await swap(http, index="qdrant")
            assert (told["state"], told["releasing"]) == ("done", 1)
            assert len((await former.embedding.embed(["about chess"])).vectors) == 1
            assert former.successor is service.search
            del former
            await until(http, lambda its: its["releasing"] == 0)

    run(scenario)


def test_cached_answers_of_the_old_version_are_not_given_any_more(config: Config, tmp_path: Path) -> None:
    """The version is in the cache's key; swapping back finds the old answers again."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):

            async def cached() -> str:
                async with http.post("/api/search", json={"query": "about chess"}) as answer:
                    return answer.headers["X-Cache"]

            assert [await cached(), await cached()] == ["miss", "hit"]
            await swap(http, embed_max_tokens=32)
            assert [await cached(), await cached()] == ["miss", "hit"]

    run(scenario)


def test_documents_added_before_and_while_it_swaps_are_in_the_new_one(config: Config, tmp_path: Path) -> None:
    """Their vectors are made again by the new embedder; nothing that was accepted is lost."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            assert (await call(http, "POST", "/api/documents", json={"documents": [CAKE]}))[0] == 201
            swapping = asyncio.ensure_future(swap(http, index="qdrant", embed_max_tokens=32))
            number = 0
            while not swapping.done():
                document = {"id": f"extra-{number}", "title": f"Extra number {number}", "text": "Added meanwhile."}
                assert (await call(http, "POST", "/api/documents", json={"documents": [document]}))[0] == 201
                number += 1
            assert (await swapping)["state"] == "done"
            listed = (await call(http, "GET", "/api/documents?limit=1000"))[1]
            assert listed["total"] == len(SUBJECTS) + 1 + number
            assert number > 0
            found = (await call(http, "POST", "/api/search", json={"query": "bake a cake with sugar", "k": 1}))[1]
            assert found["results"][0]["id"] == "cake"

    run(scenario)


def test_what_runs_now_is_in_the_metrics(config: Config, tmp_path: Path) -> None:
    """One series each, with the labels of what is searched now."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            await swap(http, index="usearch")
            async with http.get("/metrics") as answer:
                lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
            assert [line for line in lines if line.startswith("search_index_elements")] == [
                'search_index_elements{index="usearch"} 6.0'
            ]
            (info,) = [line for line in lines if line.startswith("search_service_build_info")]
            assert 'index="usearch"' in info

    run(scenario)


def test_a_swap_that_fails_leaves_everything_as_it_was(config: Config, tmp_path: Path) -> None:
    """The reason is told, the old one goes on, and another swap may be tried."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            before = (await call(http, "GET", "/admin/swap"))[1]["version"]
            failed = await swap(http, index="qdrant-server", qdrant_url="http://127.0.0.1:9")
            assert failed["state"] == "failed"
            assert "http://127.0.0.1:9" in failed["error"]
            assert failed["version"] == before
            assert (await call(http, "GET", "/admin/config"))[1]["config"]["index"] == "exact"
            status, _ = await call(http, "POST", "/api/search", json={"query": "about chess"})
            assert status == 200
            assert (await swap(http, index="qdrant"))["state"] == "done"

    run(scenario)


def test_one_swap_at_a_time(config: Config, tmp_path: Path) -> None:
    """The second is refused while the first is under way."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            first = await call(http, "POST", "/admin/swap", json={"index": "qdrant"}, headers=TOKEN)
            second = await call(http, "POST", "/admin/swap", json={"index": "usearch"}, headers=TOKEN)
            assert (first[0], second[0], second[1]["code"]) == (202, 409, "conflict")
            assert (await until(http, lambda its: its["state"] in ("done", "failed")))["state"] == "done"

    run(scenario)


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ({}, "missing_field", "nothing to change"),
        ({"index": "faiss"}, "unknown_value", "faiss"),
        ({"cache": "off"}, "unknown_field", "cache"),
        ({"index_m": 1}, "out_of_range", "4"),
        ({"index": "usearch", "index_quantisation": "binary"}, "unusable_switches", "no codes 'binary'"),
        ({"embedder": "onnx"}, "unusable_switches", "--embed-model"),
        ({"index_m": "many"}, "wrong_type", "int"),
    ],
)
def test_a_swap_that_cannot_be_is_refused_at_once(
    config: Config, tmp_path: Path, body: dict[str, Any], code: str, told: str
) -> None:
    """Status 400 with the field, before anything is built."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            status, problem = await call(http, "POST", "/admin/swap", json=body, headers=TOKEN)
            assert (status, problem["code"]) == (400, code)
            assert told in str(problem)
            assert (await call(http, "GET", "/admin/swap"))[1]["state"] == "none"

    run(scenario)


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer guess"}, 403), ({"Authorization": "secret"}, 401)]
)
def test_only_who_has_the_token_may_swap(config: Config, tmp_path: Path, headers: dict[str, str], status: int) -> None:
    """Looking is free."""

    async def scenario() -> None:
        async with running(config, tmp_path) as (http, _):
            assert (await call(http, "POST", "/admin/swap", json={"index": "qdrant"}, headers=headers))[0] == status
            assert (await call(http, "GET", "/admin/swap"))[0] == 200

    run(scenario)
