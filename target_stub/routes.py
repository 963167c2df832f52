"""Routes: what each path answers. Checked types come from `validation`, the work is done by `search`."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from target_stub.answer import Answer
from target_stub.api import JSON, OPERATIONS
from target_stub.document import Document
from target_stub.home import home_page
from target_stub.openapi import openapi_document
from target_stub.request_error import RequestError
from target_stub.search import Search
from target_stub.service import Service, version_of
from target_stub.validation import json_only, new_documents, page_of, search_query

RETRY_AFTER_S = "1"


class Routes:
    """The handlers over one service, named as the API's operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._openapi = orjson.dumps(openapi_document(OPERATIONS, version_of("tenfold")))
        cards = [{"method": its.method, "path": its.path, "summary": its.summary} for its in OPERATIONS]
        self._home = orjson.dumps({"service": "Tenfold's search service", "routes": cards})

    async def search(self, request: web.Request) -> web.Response:
        """Answer a search."""
        search = self._ready()
        query = search_query(await self._body(request))
        answer = await search.answer(query)
        self._count(answer)
        headers = {"Content-Type": JSON, "X-Cache": answer.cache, "Server-Timing": server_timing(answer)}
        return web.Response(body=answer.body, headers=headers)

    def _count(self, answer: Answer) -> None:
        metrics = self._service.metrics
        for stage, seconds in answer.stages_s.items():
            metrics.stages[stage].observe(seconds)
        counted = metrics.cache_requests.get(answer.cache)
        if counted is not None:
            counted.inc()

    async def list_documents(self, request: web.Request) -> web.Response:
        """Answer a page of documents."""
        collection = self._ready().collection
        row, limit = page_of(request.query)
        documents = collection.page(row, limit)
        following = row + len(documents)
        more = documents and following < len(collection)
        return _json(
            {
                "documents": [_card(document) for document in documents],
                "next": str(following) if more else None,
                "total": len(collection),
            }
        )

    async def add_documents(self, request: web.Request) -> web.Response:
        """Add documents; those that are there already, word for word, are left as they are."""
        search = self._ready()
        given = new_documents(await self._body(request))
        while new := _new(given, search):
            try:
                await search.add(new)
            except ValueError:  # another request was quicker with one of the ids: look again
                continue
        ids = [document.id for document in given]
        return _json({"ids": ids, "total": len(search.collection)}, HTTPStatus.CREATED)

    async def alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer that the process answers."""
        return web.Response(body=b'{"status":"ok"}', headers={"Content-Type": JSON})

    async def ready(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer whether searches are answered."""
        readiness = self._service.readiness
        status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(readiness.to_json(), status)

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        body, content_type = self._service.metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def config(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer what runs here."""
        return _json(self._service.report())

    async def openapi(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer the API's description."""
        return web.Response(body=self._openapi, headers={"Content-Type": JSON})

    async def home(self, request: web.Request) -> web.Response:
        """Answer the list of routes, as a page to a browser."""
        if "text/html" not in request.headers.get("Accept", ""):
            return web.Response(body=self._home, headers={"Content-Type": JSON, "Vary": "Accept"})
        readiness = self._service.readiness.to_json()
        state = "Ready." if readiness["ready"] else f"Not ready, waiting for: {readiness['waiting_for']}."
        page = home_page(OPERATIONS, state, str(request.url.origin()))
        return web.Response(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8", "Vary": "Accept"})

    def _ready(self) -> Search:
        """Return the search, or refuse with status 503."""
        service = self._service
        if service.search is not None and service.readiness.ready:
            return service.search
        reason = "draining" if service.readiness.draining else "not_ready"
        service.shed(reason)
        message = "the service is shutting down" if reason == "draining" else "the service is still loading"
        raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, reason, message, headers={"Retry-After": RETRY_AFTER_S})

    async def _body(self, request: web.Request) -> bytes:
        """Return the body of a request, which must say that it is JSON and be small enough."""
        json_only(request.headers.get("Content-Type", ""))
        largest = self._service.config.max_body_bytes
        if (request.content_length or 0) > largest:  # aiohttp would first read up to the limit
            raise body_too_large(largest)
        return await request.read()


def server_timing(answer: Answer) -> str:
    """Return the value of the header Server-Timing: milliseconds by stage."""
    return ", ".join([f"{stage};dur={seconds * 1e3:.3f}" for stage, seconds in answer.stages_s.items()])


def body_too_large(largest: int) -> RequestError:
    """Return the refusal of a body above the limit in bytes."""
    message = f"the body is larger than {largest} bytes"
    return RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", message)


def _new(documents: Sequence[Document], search: Search) -> list[Document]:
    """Return the documents that are not there yet, each once; refuse if one of their ids means another document."""
    new: dict[str, Document] = {}
    for document in documents:
        present = search.collection.get(document.id)
        if present is None:
            new[document.id] = document
        elif present != document:
            message = f"there is another document with the id {document.id!r}"
            raise RequestError(HTTPStatus.CONFLICT, "conflict", message, field="id")
    return list(new.values())


def _card(document: Document) -> dict[str, str]:
    return {"id": document.id, "title": document.title, "package": document.package, "kind": document.kind}


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, headers={"Content-Type": JSON})
