"""Search routes: a query in, ranked documents out, at once or as each stage has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from dataclasses import replace
from typing import Any

import orjson
from aiohttp import web

from target_stub import search_schema
from target_stub.answer import Answer
from target_stub.api import JSON, Operation
from target_stub.decoding import SMALL_BODY_BYTES
from target_stub.event_stream import EventStream
from target_stub.json_body import json_body
from target_stub.protection.caller import caller_of
from target_stub.query import Query
from target_stub.search import Search
from target_stub.search_request import Defaults, body_of, search_query
from target_stub.service import Service

STREAM_MEDIA = "text/event-stream"
TEXT = {"schema": {"type": "string"}}
STREAM_PARAMETERS = {
    "query": {"description": "what to look for", **TEXT},
    "k": {
        "description": "how many results",
        "schema": {"type": "integer", "minimum": 1, "maximum": search_schema.MAX_K},
    },
    "mode": {"description": "how to search", "schema": {"enum": ["vector", "keyword", "hybrid"]}},
    "package": {"description": "only documents of this package; may be given several times", **TEXT},
    "kind": {"description": "only documents of this kind; may be given several times", **TEXT},
    "facets": {"description": "package, kind, or both with a comma between", **TEXT},
    "rerank": {"description": "how many are ranked again", "schema": {"type": "integer", "minimum": 0}},
    "cursor": {"description": "the `next` of the page before", **TEXT},
    "score_threshold": {"description": "leave out what scores less", "schema": {"type": "number"}},
    "snippets": {"description": "with snippets", "schema": {"type": "boolean"}},
    "with_text": {"description": "with whole texts", "schema": {"type": "boolean"}},
    "cache": {"description": "use or bypass", "schema": {"enum": ["use", "bypass"]}},
}

OPERATIONS = (
    Operation(
        "POST",
        "/api/search",
        "search",
        "Find documents by words, by meaning, or by both",
        answer=search_schema.SearchAnswer,
        request=search_schema.SearchRequest,
        errors=(400, 413, 415, 503),
        headers=("X-Cache", "Server-Timing"),
    ),
    Operation(
        "GET",
        "/api/search/stream",
        "stream_by_url",
        "The same, each stage's results as a server-sent event",
        media=STREAM_MEDIA,
        parameters=STREAM_PARAMETERS,
        errors=(400, 503),
    ),
    Operation(
        "POST",
        "/api/search/stream",
        "stream",
        "The same, each stage's results as a server-sent event",
        media=STREAM_MEDIA,
        request=search_schema.SearchRequest,
        errors=(400, 413, 415, 503),
    ),
)


class SearchRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._defaults = Defaults.of(service.config)

    async def search(self, request: web.Request) -> web.Response:
        """Answer a search."""
        search, query = await self._asked(request)
        faults = self._service.faults.now
        answer = await search.answer(query)
        self._service.searched(answer)
        warming = self._service.caching.warming
        if warming is not None and query.use_cache:
            warming.asked(search, query, _session_of(request))
        body = answer.body if faults is None or query.exact else faults.lose(answer.body, search.collection)
        headers = {"Content-Type": JSON, "X-Cache": answer.cache, "Server-Timing": server_timing(answer)}
        return web.Response(body=body, headers=headers)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer a search stage by stage."""
        search, query = await self._asked(request)
        return await self._streamed(request, search, query)

    async def stream_by_url(self, request: web.Request) -> web.StreamResponse:
        """Answer a search in the URL stage by stage, as a browser's EventSource asks."""
        search = self._service.ready_search()
        query = self._query(request, search, body_of(request.query, lambda name: request.query.getall(name)))
        return await self._streamed(request, search, query)

    async def _asked(self, request: web.Request) -> tuple[Search, Query]:
        search = self._service.ready_search()
        largest_bytes = min(self._service.config.max_body_bytes, SMALL_BODY_BYTES)
        return search, self._query(request, search, await json_body(request, largest_bytes))

    def _query(self, request: web.Request, search: Search, body: bytes) -> Query:
        query = search_query(body, self._defaults, lambda cursor, query: search.retrieval.opened(cursor, query))
        faults = self._service.faults.now
        if faults is not None and faults.wanted.cache_off:
            query = replace(query, use_cache=False)
        if self._service.config.cache_per_user:
            query = replace(query, user=caller_of(request.headers, request.remote))
        return query

    async def _streamed(self, request: web.Request, search: Search, query: Query) -> web.StreamResponse:
        stream = EventStream(request)
        await stream.send_all(self._events(search, query), self._service.config.stream_heartbeat_s)
        return stream.response

    async def _events(self, search: Search, query: Query) -> AsyncIterator[tuple[str, Any]]:
        """Yield each stage's page as it comes, the final one, and what it took; whoever leaves cancels the search."""
        stages: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        task = asyncio.ensure_future(search.answer(query, lambda stage, body: stages.put_nowait((stage, body))))
        task.add_done_callback(lambda _: stages.put_nowait(None))
        try:
            while (told := await stages.get()) is not None:
                yield "results", _staged(*told)
            answer = task.result()
            self._service.searched(answer)
            yield "results", _staged(_final_stage(query, answer), answer.body)
            timings = {stage: round(seconds * 1e3, 3) for stage, seconds in answer.stages_s.items()}
            yield "done", {"cache": answer.cache, "stages_ms": timings}
        finally:
            task.cancel()


def _final_stage(query: Query, answer: Answer) -> str:
    if answer.cache in ("hit", "hit-l2"):
        return "cached"
    return "reranked" if query.rerank else "fused" if query.mode == "hybrid" else query.mode


def _staged(stage: str, body: bytes) -> bytes:
    """Return the body of a page with the name of its stage before the other members."""
    return b'{"stage":' + orjson.dumps(stage) + b"," + body[1:]


def server_timing(answer: Answer) -> str:
    """Return the value of the header Server-Timing: milliseconds by stage."""
    return ", ".join([f"{stage};dur={seconds * 1e3:.3f}" for stage, seconds in answer.stages_s.items()])


def _session_of(request: web.Request) -> Hashable:
    """Return what tells one client's searches from another's: its connection."""
    return None if request.transport is None else request.transport.get_extra_info("peername")
