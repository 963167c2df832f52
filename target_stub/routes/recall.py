"""Recall route: measure what the index finds, on request."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct

from target_stub.api import Operation
from target_stub.json_body import json_reply
from target_stub.recall import measure, sample
from target_stub.request_error import RequestError, bad_request, pointer
from target_stub.search_schema import MAX_EF
from target_stub.service import Service

PATH = "/admin/recall"
DEFAULT_SAMPLE, MAX_SAMPLE, MAX_SEED = 100, 1000, 10**9


class RecallReport(Struct, frozen=True):
    """recall@10 of the index against the exact scan, with the titles of documents as queries."""

    recall_at_10: float
    low: Annotated[float, Meta(description="of the 95 % interval")]
    high: float
    queries: int
    index: str
    version: Annotated[str, Meta(description="of documents, embedder and index")]
    seconds: float


def _whole(low: int, high: int, default: int | None, described: str) -> dict[str, Any]:
    known = {} if default is None else {"default": default}
    return {"description": described, "schema": {"type": "integer", "minimum": low, "maximum": high, **known}}


PARAMETERS = {
    "sample": _whole(1, MAX_SAMPLE, DEFAULT_SAMPLE, "how many documents' titles to ask for"),
    "seed": _whole(0, MAX_SEED, 0, "which documents: equal seeds draw equal ones"),
    "hnsw_ef": _whole(1, MAX_EF, None, "candidates kept while searching the graph"),
}
OPERATIONS = (
    Operation(
        "GET",
        PATH,
        "recall",
        "Measure the index' recall@10 against the exact scan",
        answer=RecallReport,
        parameters=PARAMETERS,
        errors=(400, 409, 503),
    ),
)


class RecallRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._under_way = asyncio.Lock()

    async def recall(self, request: web.Request) -> web.Response:
        """Measure, beside the other requests."""
        search = self._service.ready_search()
        for name in request.query:
            if name not in PARAMETERS:
                raise bad_request(
                    "unknown_field", f"there is no parameter {name!r}", field=pointer(name), known=tuple(PARAMETERS)
                )
        count, seed, ef = (_number(request, name) for name in PARAMETERS)
        if self._under_way.locked():
            raise RequestError(HTTPStatus.CONFLICT, "conflict", "recall is being measured; one measurement at a time")
        async with self._under_way:
            started = perf_counter()
            documents = sample(search, count or DEFAULT_SAMPLE, seed or 0)
            if not documents:
                raise RequestError(HTTPStatus.CONFLICT, "conflict", "there is no document to ask for")
            version = search.collection.version
            found = await measure(search, documents, ef)
        report = {"recall_at_10": found.mean, "low": found.low, "high": found.high, "queries": found.queries}
        told = {"index": search.collection.index.name, "version": version, "seconds": perf_counter() - started}
        return json_reply({**report, **told})


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    low, high = (PARAMETERS[name]["schema"][bound] for bound in ("minimum", "maximum"))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        message = f"{name} must be a whole number from {low} to {high}"
        raise bad_request("out_of_range", message, field=pointer(name))
    return int(text)
