"""Around every request: an id, a time, a count, and errors that say no more than they should."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from target_stub.embedder import Vectors
from target_stub.errors import UnavailableError

Serve = Callable[..., Any]


class Broken:
    """An embedder that fails for what is asked, not for what warms it up."""

    name, dim, version = "hashing", 256, "broken"

    def embed(self, texts: Sequence[str]) -> Vectors:
        if "bread" in texts:
            raise RuntimeError("the secret reason")
        return np.ones((len(texts), 256), np.float32)


class Gated:
    """An embedder that waits for its gate once the service is warm."""

    name, dim, version = "hashing", 256, "gated"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert self.gate.wait(60)
        return np.ones((len(texts), 256), np.float32)


@pytest.mark.parametrize("own", ["abc-123", "a" * 128, "4bf92f3577b34da6:a3ce929d0e0e4736", "x/y+z=="])
def test_a_sane_request_id_is_kept(client: Any, own: str) -> None:
    """A caller follows its request through our log by its own id."""
    assert client.get("/healthz", headers={"X-Request-ID": own}).headers["X-Request-ID"] == own


@pytest.mark.parametrize("own", [None, "", "a b", "a" * 129, "é", "<b>", "a;b", "a\tb"])
def test_any_other_request_id_is_replaced(client: Any, own: str | None) -> None:
    """What could confuse a log or a page never gets there; a new id is made, and never the same twice."""
    headers = {} if own is None else {"X-Request-ID": own}
    made = [client.get("/healthz", headers=headers).headers["X-Request-ID"] for _ in range(2)]
    assert made[0] != made[1]
    assert all(re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]+", each) for each in made)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nothing", "/api/search", "/", "/openapi.json"])
def test_every_answer_has_an_id_and_a_time(client: Any, path: str) -> None:
    """Errors too."""
    headers = client.get(path).headers
    assert headers["X-Request-ID"]
    assert re.fullmatch(r"\d+\.\d\dms", headers["X-Response-Time"])


def test_an_error_of_ours_is_logged_and_not_told(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """The client gets an id to ask by; the log has the traceback under that id; both are counted as 500."""
    client = serve(embedder=Broken())
    with caplog.at_level(logging.ERROR):
        answer = client.search(query="bread")
    request_id = answer.headers["X-Request-ID"]
    assert (answer.status, answer.error["code"]) == (500, "internal")
    assert request_id in answer.error["detail"]
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    assert request_id in caplog.text
    assert "the secret reason" in caplog.text
    assert (
        client.metric('http_server_request_duration_seconds_count{route="/api/search",method="POST",code="500"}') == 1
    )
    assert client.metric("http_server_requests_in_flight") == 0


def test_a_part_that_does_not_answer_is_told_as_such(serve: Serve) -> None:
    """A server behind ours that is away is not our error: status 503, with the time to try again."""

    class Away(Broken):
        def embed(self, texts: Sequence[str]) -> Vectors:
            if "bread" in texts:
                raise UnavailableError("the model's server at http://127.0.0.1:9 does not answer")
            return np.ones((len(texts), 256), np.float32)

    refused = serve(embedder=Away()).search(query="bread")
    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (503, "unavailable", "1")
    assert "http://127.0.0.1:9" in refused.json["detail"]


def test_requests_are_counted_by_route_method_and_status(client: Any) -> None:
    """Never by path or query: what matches no route is one series."""
    client.search(query="bread")
    client.search(query="")
    for path in ("/a", "/b", "/api/documents?limit=3"):
        client.get(path)
    for labels, expected in {
        'route="/api/search",method="POST",code="200"': 1,
        'route="/api/search",method="POST",code="400"': 1,
        'route="/api/documents",method="GET",code="200"': 1,
        'route="unmatched",method="GET",code="404"': 2,
    }.items():
        assert client.metric(f"http_server_request_duration_seconds_count{{{labels}}}") == expected


def test_a_scrape_is_not_traffic(client: Any) -> None:
    """Neither counted nor in flight, so that an idle service looks idle."""
    for _ in range(3):
        text = client.get("/metrics").body.decode()
    assert 'route="/metrics"' not in text
    assert client.metric("http_server_requests_in_flight") == 0


def test_invented_methods_are_one_series(client: Any) -> None:
    """A client cannot make series without end."""
    for method in ("PURGE", "PROPFIND", "MKCOL"):
        client.request(method, "/healthz")
    text = client.get("/metrics").body.decode()
    assert "PURGE" not in text
    assert client.metric('http_server_request_duration_seconds_count{route="unmatched",method="OTHER",code="405"}') == 3


def test_a_client_that_leaves_is_counted_as_499_and_not_computed_for(serve: Serve) -> None:
    """While it waits it is in flight; when it has hung up, the request ends, and its text leaves the queue."""
    embedder = Gated()
    client = serve(embedder=embedder)
    count = 'http_server_request_duration_seconds_count{route="/api/search",method="POST",code="499"}'

    async def scenario() -> None:
        embedder.gate.clear()
        calls = [
            asyncio.create_task(client.call("POST", "/api/search", json={"query": query})) for query in ("a", "b", "c")
        ]
        while client.service.metrics.in_flight < 3 or client.service.search.embedding.depth() < 2:
            await asyncio.sleep(0)
        for call in calls[:2]:
            call.cancel()
        while client.service.metrics.in_flight > 1 or client.service.search.embedding.depth() > 1:
            await asyncio.sleep(0)
        embedder.gate.set()
        assert (await calls[2]).status == 200

    client._runner.run(asyncio.wait_for(scenario(), 60))
    assert client.metric(count) == 2
