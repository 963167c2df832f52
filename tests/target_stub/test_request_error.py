"""Problem details: what RFC 9457 asks of an error, and what this service adds."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from target_stub.problem_types import PROBLEM_TYPES
from target_stub.request_error import Mistake, RequestError, pointer

Serve = Callable[..., Any]
JSON = {"Content-Type": "application/json"}


def test_an_error_is_a_problem_after_rfc_9457(client: Any) -> None:
    """Type, title, status, detail and instance, in its media type; and a code, a place and what is known."""
    refused = client.post("/api/search", json={"query": "q", "size": 3}, headers={"X-Request-ID": "mine-1"})
    assert refused.headers["Content-Type"] == "application/problem+json"
    problem = refused.json
    known = problem.pop("known")
    assert {"query", "k"} <= set(known)
    assert problem == {
        "type": "/problems#unknown_field",
        "title": "Unknown field",
        "status": 400,
        "detail": "there is no field /size",
        "instance": "/requests/mine-1",
        "code": "unknown_field",
        "field": "/size",
    }


def test_several_mistakes_are_all_in_errors(client: Any) -> None:
    """The problem itself is the first of them."""
    problem = client.search(k=0, size=3).error
    assert [(each["code"], each["field"]) for each in problem["errors"]] == [
        ("missing_field", "/query"),
        ("out_of_range", "/k"),
        ("unknown_field", "/size"),
    ]
    assert (problem["code"], problem["field"]) == ("missing_field", "/query")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/api/search", 405, "method_not_allowed"),
        ("POST", "/api/search", 415, "unsupported_media_type"),
        ("GET", "/api/documents?limit=x", 400, "out_of_range"),
    ],
)
def test_every_error_has_this_form(client: Any, method: str, path: str, status: int, code: str) -> None:
    """Whoever found it: the router, the body's reader, a route."""
    problem = client.request(method, path)
    assert problem.status == problem.error["status"] == status
    assert problem.error["code"] == code
    assert problem.error["instance"] == f"/requests/{problem.headers['X-Request-ID']}"


def test_a_type_leads_to_its_explanation(client: Any) -> None:
    """Programs get the list, people a page with an anchor for each type."""
    kind = client.search(query="").error["type"]
    path, _, code = kind.partition("#")
    assert code in {each["code"] for each in client.get(path).json["problems"]}
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'id="{code}"' in page.body.decode()


def test_only_documented_codes_and_true_pointers_can_be_told() -> None:
    """A code without an explanation, or a place in another notation, is found by the first test that meets it."""
    with pytest.raises(ValueError, match="problem_types"):
        RequestError(HTTPStatus.BAD_REQUEST, "some_new_code", "x")
    with pytest.raises(ValueError, match="pointer"):
        Mistake("out_of_range", "x", "params.k")
    assert list(PROBLEM_TYPES) == sorted(PROBLEM_TYPES)


def test_pointers_are_escaped() -> None:
    """As RFC 6901 has it in its section 3."""
    assert pointer("a/b", 0, "m~n") == "/a~1b/0/m~0n"


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_a_packed_body_is_bounded_by_what_it_unpacks_to(
    serve: Serve, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    """A packed search is answered; a bomb of a few kilobytes is refused where it passes the limit."""
    client = serve()
    headers = {**JSON, "Content-Encoding": encoding}
    packed = pack(json.dumps({"query": "bread"}).encode())
    assert client.post("/api/search", data=packed, headers=headers).status == 200
    bomb = pack(b'{"query": "' + b"a" * 50_000_000 + b'"}')
    assert len(bomb) < 60_000
    refused = client.post("/api/search", data=bomb, headers=headers)
    assert (refused.status, refused.error["code"]) == (413, "body_too_large")


def test_searches_may_be_as_large_as_a_search_can_be(client: Any) -> None:
    """Ten kilobytes are read and refused by their field; what no search needs is not read."""
    assert client.search(query="x" * 10_000).error["field"] == "/query"
    assert client.search(query="x" * 100_000).error["code"] == "body_too_large"


def test_a_header_too_long_is_refused(client: Any) -> None:
    """Before any of our code sees it, and without harm to the next request."""
    assert client.get("/healthz", headers={"X-User": "u" * 100_000}).status == 400
    assert client.get("/healthz").status == 200
