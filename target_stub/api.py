"""API: a route as data. From it the app is wired, the metrics' children are made and the documentation written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from msgspec import Struct

from target_stub import schema

JSON = "application/json"
EVENTS = "text/event-stream"
CLIENT_LEFT = 499  # nginx' code for a client that did not wait; never sent, only counted
REQUEST_ID = web.RequestKey("request_id", str)  # where a handler that sends its own headers finds it
UNMATCHED = "unmatched"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path: what it takes, what it answers, and the errors to expect besides 500."""

    method: str
    path: str
    handler: str
    summary: str
    answer: type[Struct] | None = None  # None: text that is not JSON
    status: int = 200
    media: str = JSON
    request: type[Struct] | None = None
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    refusal: type[Struct] = schema.Problem
    pattern: str = ""  # the router's own form of the path, where that differs
    takes: tuple[str, ...] = ()  # content types of a body that is no JSON
    accepted: type[Struct] | None = None  # the answer of status 202, where that may come instead
    other_media: tuple[str, ...] = ()  # in which the same is answered on request


def expected_requests(operations: Sequence[Operation]) -> list[tuple[str, str, int]]:
    """Return route, method and status of the requests to expect; `/metrics` itself is not counted."""
    expected = [
        (operation.path, operation.method, status)
        for operation in operations
        if operation.path != "/metrics"
        for status in (operation.status, *((202,) if operation.accepted else ()), *operation.errors)
    ]
    return [*expected, ("/api/search", "POST", 500), ("/api/search", "POST", CLIENT_LEFT), (UNMATCHED, "GET", 404)]
