"""The model server fails as it is told to: with statuses, breaks, stalls, garbage; and it notices who leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import openai
import orjson
import pytest

Start = Callable[..., Any]
PATH = "/v1/chat/completions"
PASSAGE = '<passage n="1" title="Bread">\nKnead the bread dough well, then bake the bread.\n</passage>'
MESSAGES = [{"role": "user", "content": f"{PASSAGE}\nQuestion: bread?"}]
REQUEST = {"model": "tenfold-small", "messages": MESSAGES, "stream": True}


def post(server: Any, trouble: str = "", **changes: Any) -> tuple[int, Any, bytes]:
    headers = {"X-Trouble": trouble} if trouble else {}
    answer: tuple[int, Any, bytes] = server.http("POST", PATH, json=REQUEST | changes, headers=headers)
    return answer


@pytest.mark.parametrize(
    ("trouble", "status", "kind"),
    [
        ("status=500", 500, openai.InternalServerError),
        ("status=503", 503, openai.InternalServerError),
        ("status=429", 429, openai.RateLimitError),
        ("status=599", 599, openai.InternalServerError),
    ],
)
def test_a_status_is_answered_on_request(start: Start, trouble: str, status: int, kind: Any) -> None:
    """OpenAI's client reads each as the error it is."""
    server = start()

    async def work(client: Any) -> None:
        await client.chat.completions.create(**REQUEST, extra_headers={"X-Trouble": trouble})

    with pytest.raises(kind) as caught:
        server.openai(work)
    assert caught.value.status_code == status


def test_a_status_may_come_with_a_time_to_come_again(start: Start) -> None:
    """In whole seconds; a 429 always says one."""
    server = start()
    assert post(server, "status=503; retry-after=7")[1]["Retry-After"] == "7"
    assert "Retry-After" not in post(server, "status=503")[1]
    assert post(server, "status=429")[1]["Retry-After"] == "1"
    assert (server.count("none", "failed"), server.count("tenfold-small", "failed")) == (0, 2)
    assert server.count("tenfold-small", "rate_limited") == 1


def test_a_trouble_that_is_not_understood_is_refused(start: Start) -> None:
    """A typing mistake must not become a fault that never happens."""
    assert post(start(), "stal=3")[0] == 400


@pytest.mark.parametrize("whole", [False, True])
def test_a_connection_breaks_on_request(start: Start, whole: bool) -> None:
    """In the middle of the stream, or in place of the whole answer."""
    server = start()
    with pytest.raises(aiohttp.ClientError):
        post(server, "break=3", stream=not whole)
    assert server.count("tenfold-small", "broken") == 1


def test_garbage_is_sent_on_request(start: Start) -> None:
    """A piece of a proxy's page within the stream, then the end of the connection."""
    server = start()
    got = bytearray()

    async def read() -> None:
        url = server.server.make_url(PATH)
        async with aiohttp.request("POST", url, json=REQUEST, headers={"X-Trouble": "garbage=2"}) as answer:
            async for piece in answer.content.iter_any():
                got.extend(piece)

    with pytest.raises(aiohttp.ClientError):
        server.run(read())
    assert b"502 Bad Gateway" in got
    assert got.count(b'"content":') == 3
    assert b"[DONE]" not in got


def test_a_stall_lasts_until_the_client_leaves_and_that_is_counted(start: Start) -> None:
    """After the tokens asked for nothing comes any more; leaving ends the request at the server."""
    server = start()

    async def read_and_leave() -> bytes:
        url = server.server.make_url(PATH)
        async with aiohttp.ClientSession() as session:
            answer = await session.post(url, json=REQUEST, headers={"X-Trouble": "stall=2"})
            got = b""
            while got.count(b'"content":') < 3:
                got += await answer.content.readany()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(answer.content.readany(), 0.05)
            answer.close()
        while not server.count("tenfold-small", "left"):
            await asyncio.sleep(0.005)
        return got

    assert b"[DONE]" not in server.run(read_and_leave())


@pytest.mark.parametrize("tokens", [0, 2])
def test_the_clients_deadline_ends_a_stall(start: Start, tokens: int) -> None:
    """Before the first token as 504, later as a cut."""
    server = start()
    headers = {"X-Trouble": f"stall={tokens}", "X-Deadline-Ms": "40"}
    if tokens:
        with pytest.raises(aiohttp.ClientError):
            server.http("POST", PATH, json=REQUEST, headers=headers)
    else:
        assert server.http("POST", PATH, json=REQUEST, headers=headers)[0] == 504
    assert server.count("tenfold-small", "deadline") == 1


def test_a_first_token_is_late_on_request(start: Start) -> None:
    """By the seconds asked for, before its usual time."""
    server = start()
    post(server, "slow=2.5")
    assert server.slept[0] == 2.5


def test_ratios_go_wrong_by_themselves(start: Start) -> None:
    """All at 1; the statuses are the ones set."""
    assert post(start(error_ratio=1, error_status=502))[0] == 502
    with pytest.raises(aiohttp.ClientError):
        post(start(break_ratio=1, after_tokens=0))


def test_beyond_the_rate_the_answer_is_429(start: Start) -> None:
    """Two at once, then one in a thousand seconds; the header says when to come again."""
    server = start(limit_per_s=0.001, limit_burst=2)
    assert [post(server)[0] for _ in range(3)] == [200, 200, 429]
    assert 990 <= int(post(server)[1]["Retry-After"]) <= 1000


def test_troubles_are_changed_while_it_runs_by_who_has_the_token(start: Start) -> None:
    """Everybody may look; changing needs the token; what is not named is put back."""
    server = start(admin_token="sesame", slow_s=9.0)

    def put(body: Any, word: str = "sesame") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {word}"}
        status, _, answer = server.http("PUT", "/admin/troubles", data=orjson.dumps(body), headers=headers)
        return status, orjson.loads(answer)

    assert put({"error_ratio": 1}, "open")[0] == 403
    assert post(server)[0] == 200
    status, rates = put({"error_ratio": 1, "error_status": 503})
    assert (status, rates["error_status"], rates["slow_s"]) == (200, 503, 5.0)
    assert post(server)[0] == 503
    assert orjson.loads(server.http("GET", "/admin/troubles")[2]) == rates
    assert put({"error_ration": 1})[0] == 400
    assert put({})[0] == 200
    assert post(server)[0] == 200


def test_without_a_token_nobody_changes_troubles(start: Start) -> None:
    """An empty token is no token."""
    status, _, _ = start().http("PUT", "/admin/troubles", data=b"{}", headers={"Authorization": "Bearer "})
    assert status == 403
