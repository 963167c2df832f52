"""The client against the bundled model server over real sockets: answers, connections, deadlines, leaving."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from target_stub.upstream.failure import CircuitOpenError, Outcome, UpstreamError
from tests.target_stub.upstream.conftest import ANSWER, QUESTION, Asking, request, seconds

Make = Callable[..., Any]


def failure(asking: Asking, **asked: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        asking.answer(**asked)
    return caught.value


def test_an_answer_comes_in_pieces_with_its_usage(start: Make, ask: Make) -> None:
    """Words as they are written, then why it ended and what it took."""
    asking = ask(start().url)

    async def read() -> tuple[list[str], Any, Any]:
        stream = await asking.upstream.open(request("large"), seconds(20))
        words = [its async for its in stream]
        return words, stream.finish_reason, stream.usage

    words, reason, usage = asking.run(read())
    assert "".join(words) == ANSWER
    assert len(words) > 8
    assert (reason, usage.completion_tokens) == ("stop", len(words))
    assert asking.ended("ok", "large") == 1
    assert asking.metric('upstream_request_duration_seconds_count{model="large"}') == 1
    assert asking.metric('upstream_first_token_seconds_count{model="large"}') == 1


def test_connections_are_used_again_and_the_share_is_told(start: Make, ask: Make) -> None:
    """One connection for five requests in turn; without keep-alive five."""
    server = start()
    kept, single = ask(server.url), ask(server.url, keep_alive=False)
    for asking in (kept, single):
        for _ in range(5):
            asking.answer()
    assert kept.metric("upstream_connection_reuse_ratio") == 0.8
    assert single.metric("upstream_connection_reuse_ratio") == 0
    assert kept.metric("upstream_pool_in_use") == 0


def test_connections_are_warmed_up_before_they_are_needed(start: Make, ask: Make) -> None:
    """Three at the start, so the first three answers at one time open none."""
    asking = ask(start().url, warm_connections=3)

    async def all_at_once() -> None:
        await asking.upstream.warmed()
        await asyncio.gather(*(asking.read(request(), seconds(20)) for _ in range(3)))

    asking.run(all_at_once())
    assert asking.metric("upstream_connection_reuse_ratio") == 0.5


def test_a_server_that_is_down_at_the_start_holds_up_nothing(ask: Make, caplog: pytest.LogCaptureFixture) -> None:
    """The warm-up fails with one line in the log; questions fail as unreachable."""
    with socket.socket() as taken:  # bound, but not listening: nobody else gets the port, and connections are refused
        taken.bind(("127.0.0.1", 0))
        asking = ask(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", warm_connections=4, retries=0)
        with caplog.at_level(logging.WARNING):
            asking.run(asking.upstream.warmed())
        assert [its.message[:39] for its in caplog.records] == ["the model server does not answer yet: C"]
        assert failure(asking).outcome is Outcome.UNREACHABLE
    assert asking.ended("unreachable") == 1


def test_no_more_connections_are_opened_than_allowed(start: Make, ask: Make) -> None:
    """Two at a time; the third waits, which shows, and is answered when one is free."""
    server = start(stall_ratio=1, after_tokens=2)
    asking = ask(server.url, connections=2)

    async def fill() -> tuple[float, float]:
        streams = [await asking.upstream.open(request(), seconds(20)) for _ in range(2)]
        third = asyncio.create_task(asking.upstream.open(request(), seconds(20)))
        while not asking.metric("upstream_pool_waiting"):
            await asyncio.sleep(0)
        seen = asking.metric("upstream_pool_in_use"), asking.metric("upstream_pool_waiting")
        streams[0].close()
        streams += [await third]
        for stream in streams[1:]:
            stream.close()
        return seen

    assert asking.run(fill()) == (2, 1)
    assert asking.metric("upstream_pool_in_use") == 0


def test_leaving_closes_the_request_at_the_server(start: Make, ask: Make) -> None:
    """In the middle of an answer: the server notices and stops."""
    server = start(stall_ratio=1, after_tokens=2)
    asking = ask(server.url)

    async def leave() -> None:
        stream = await asking.upstream.open(request(), seconds(20))
        stream.close()
        await _until(lambda: server.count("tenfold-small", "left"))

    asking.run(leave())
    assert asking.ended("left") == 1
    assert server.count("tenfold-small", "left") == 1


async def _until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


def test_leaving_before_the_first_word_closes_it_too(start: Make, ask: Make) -> None:
    """A cancelled call cuts its connection."""
    server = start(stall_ratio=1, after_tokens=0)
    asking = ask(server.url)

    async def leave() -> None:
        waiting = asyncio.create_task(asking.upstream.open(request("large"), seconds(20)))
        await _until(lambda: b"model_requests_in_flight 1.0" in server.exposition())
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await _until(lambda: server.count("tenfold-large", "left"))

    asking.run(leave())
    assert asking.ended("left", "large") == 1


def test_the_time_left_is_passed_on_and_ends_the_call(start: Make, ask: Make) -> None:
    """The server is told, and stops by itself; the caller is told that its time is over."""
    server = start(stall_ratio=1, after_tokens=0)
    asking = ask(server.url)
    error = failure(asking, deadline_s=1)
    assert error.outcome in (Outcome.DEADLINE, Outcome.FAILED)  # whichever of the two noticed first
    asking.run(_until(lambda: server.count("tenfold-small", "deadline") + server.count("tenfold-small", "left")))
    assert asking.waited == []


def test_the_header_says_what_is_left(ask: Make, runner: asyncio.Runner) -> None:
    """Less than was given, but nearly all of it; the key is sent too."""
    seen: list[Any] = []

    async def refuse(asked: web.Request) -> web.Response:
        seen.append(asked.headers)
        return web.Response(status=400)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", refuse)
    server = TestServer(app)
    runner.run(server.start_server())
    asking = ask(str(server.make_url("/v1")), key="sesame")
    failure(asking, deadline_s=7)
    assert 6000 < int(seen[0]["X-Deadline-Ms"]) <= 7000
    assert seen[0]["Authorization"] == "Bearer sesame"
    runner.run(server.close())


def test_a_key_that_the_server_repeats_is_masked(
    ask: Make, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    """OpenAI tells which key was wrong; our log does not."""

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response(
            {"error": {"message": "Incorrect API key provided: sk-secret", "code": "x"}}, status=401
        )

    app = web.Application()
    app.router.add_post("/v1/chat/completions", refuse)
    server = TestServer(app)
    runner.run(server.start_server())
    error = failure(ask(str(server.make_url("/v1")), key="sk-secret"))
    assert error.outcome is Outcome.REFUSED
    assert "sk-secret" not in str(error) + caplog.text
    assert "Incorrect API key provided: ***" in caplog.text
    runner.run(server.close())


def test_a_context_that_is_too_long_is_refused_once(start: Make, ask: Make) -> None:
    """It would be too long again, so it is not sent again; the code is the server's."""
    asking = ask(start().url)
    error = failure(asking, asked=request(question="word " * 5000))
    assert (error.outcome, error.code) == (Outcome.REFUSED, "context_length_exceeded")
    assert asking.ended("refused") == 1


def test_a_circuit_opens_when_the_server_is_down_and_closes_when_it_is_back(start: Make, ask: Make) -> None:
    """After five failures in a row nothing is sent for a second; then one request tries."""
    server = start(admin_token="t", error_ratio=1)
    asking = ask(server.url, retries=0)
    for _ in range(5):
        assert failure(asking).outcome is Outcome.FAILED
    refused = failure(asking)
    assert isinstance(refused, CircuitOpenError)
    assert refused.retry_after_s == 1.0
    assert asking.ended("failed") == 5
    assert asking.metric("upstream_circuit_open") == 1
    server.http("PUT", "/admin/troubles", data=b"{}", headers={"Authorization": "Bearer t"})
    asking.run(_until(lambda: not asking.metric("upstream_circuit_open")))
    assert asking.answer() == ANSWER
    assert asking.metric("upstream_circuit_open") == 0


def test_questions_are_asked_in_any_language(start: Make, ask: Make) -> None:
    """UTF-8 both ways."""
    assert asking_answer(ask(start().url), f"Wie backt man Br\u00f6tchen? {QUESTION} \U0001f600") == ANSWER


def asking_answer(asking: Asking, question: str) -> str:
    return asking.answer(request(question=question))
