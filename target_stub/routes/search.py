"""Search routes: a query in, ranked documents out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from aiohttp import web

from target_stub import schema
from target_stub.answer import Answer
from target_stub.api import JSON, Operation
from target_stub.decoding import SMALL_BODY_BYTES
from target_stub.json_body import json_body
from target_stub.service import Service
from target_stub.validation import search_query

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
)


class SearchRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def search(self, request: web.Request) -> web.Response:
        """Answer a search."""
        search = self._service.ready_search()
        largest_bytes = min(self._service.config.max_body_bytes, SMALL_BODY_BYTES)
        query = search_query(await json_body(request, largest_bytes))
        faults = self._service.faults.now
        if faults is not None and faults.wanted.cache_off:
            query = replace(query, use_cache=False)
        answer = await search.answer(query)
        self._service.searched(answer)
        warming = self._service.caching.warming
        if warming is not None and query.use_cache:
            warming.asked(search, query, _session_of(request))
        body = answer.body if faults is None or query.exact else faults.lose(answer.body, search.collection)
        headers = {"Content-Type": JSON, "X-Cache": answer.cache, "Server-Timing": server_timing(answer)}
        return web.Response(body=body, headers=headers)


def server_timing(answer: Answer) -> str:
    """Return the value of the header Server-Timing: milliseconds by stage."""
    return ", ".join([f"{stage};dur={seconds * 1e3:.3f}" for stage, seconds in answer.stages_s.items()])


def _session_of(request: web.Request) -> Hashable:
    """Return what tells one client's searches from another's: its connection."""
    return None if request.transport is None else request.transport.get_extra_info("peername")
