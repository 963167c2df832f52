"""API: the routes as data. From it the app is wired, the metrics' children are made and the documentation written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from target_stub import schema

JSON = "application/json"
CLIENT_LEFT = 499  # nginx' code for a client that did not wait; never sent, only counted
UNMATCHED = "unmatched"


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
    refusal: type[Struct] = schema.ErrorAnswer


PAGE_PARAMETERS = {
    "limit": {
        "description": "how many documents",
        "schema": {"type": "integer", "minimum": 1, "maximum": schema.MAX_PAGE, "default": 100},
    },
    "cursor": {"description": "the `next` of the page before; not given for the first", "schema": {"type": "string"}},
}

OPERATIONS = (
    Operation(
        "POST",
        "/api/search",
        "search",
        "Find the documents nearest in meaning to a query",
        answer=schema.SearchAnswer,
        request=schema.SearchRequest,
        errors=(400, 413, 415, 503),
        headers=("X-Cache", "Server-Timing"),
    ),
    Operation(
        "GET",
        "/api/documents",
        "list_documents",
        "List the documents, page by page",
        answer=schema.DocumentPage,
        parameters=PAGE_PARAMETERS,
        errors=(400, 503),
    ),
    Operation(
        "POST",
        "/api/documents",
        "add_documents",
        "Add documents, searchable at once and until the service ends",
        answer=schema.AddAnswer,
        status=201,
        request=schema.AddRequest,
        errors=(400, 409, 413, 415, 503),
    ),
    Operation("GET", "/healthz", "alive", "Whether the process answers", answer=schema.Alive),
    Operation(
        "GET",
        "/readyz",
        "ready",
        "Whether searches are answered, and what is waited for",
        answer=schema.Readiness,
        errors=(503,),
        refusal=schema.Readiness,
    ),
    Operation(
        "GET", "/metrics", "metrics", "Prometheus' metrics, in its text format or OpenMetrics", media="text/plain"
    ),
    Operation(
        "GET", "/admin/config", "config", "What runs here: switches, corpus, versions", answer=schema.ConfigReport
    ),
    Operation("GET", "/openapi.json", "openapi", "This API in OpenAPI 3.1", media=JSON),
    Operation("GET", "/", "home", "The routes; as a page for those who accept HTML", answer=schema.Home),
)


def expected_requests() -> list[tuple[str, str, int]]:
    """Return route, method and status of the requests to expect; `/metrics` itself is not counted."""
    expected = [
        (operation.path, operation.method, status)
        for operation in OPERATIONS
        if operation.path != "/metrics"
        for status in (operation.status, *operation.errors)
    ]
    return [*expected, ("/api/search", "POST", 500), ("/api/search", "POST", CLIENT_LEFT), (UNMATCHED, "GET", 404)]
