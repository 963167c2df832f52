"""Document routes: list and add."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from target_stub import schema
from target_stub.api import Operation
from target_stub.document import Document
from target_stub.json_body import json_body, json_reply
from target_stub.request_error import RequestError, pointer
from target_stub.search import Search
from target_stub.service import Service
from target_stub.validation import new_documents, page_of

PAGE_PARAMETERS = {
    "limit": {
        "description": "how many documents",
        "schema": {"type": "integer", "minimum": 1, "maximum": schema.MAX_PAGE, "default": 100},
    },
    "cursor": {"description": "the `next` of the page before; not given for the first", "schema": {"type": "string"}},
}


OPERATIONS = (
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
)


class DocumentRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list_documents(self, request: web.Request) -> web.Response:
        """Answer a page of documents."""
        collection = self._service.ready_search().collection
        row, limit = page_of(request.query)
        documents, following = collection.page(row, limit)
        return json_reply(
            {
                "documents": [_card(document) for document in documents],
                "next": None if following is None else str(following),
                "total": len(collection),
            }
        )

    async def add_documents(self, request: web.Request) -> web.Response:
        """Add documents; those that are there already, word for word, are left as they are."""
        search = self._service.ready_search()
        given = new_documents(await json_body(request, self._service.config.max_body_bytes))
        while new := _new(given, search):
            try:
                await search.add(new)
            except ValueError:  # another request was quicker with one of the ids: look again
                continue
        ids = [document.id for document in given]
        return json_reply({"ids": ids, "total": len(search.collection)}, HTTPStatus.CREATED)


def _new(documents: Sequence[Document], search: Search) -> list[Document]:
    """Return the documents that are not there yet, each once; refuse if one of their ids means another document."""
    new: dict[str, Document] = {}
    for number, document in enumerate(documents):
        present = search.collection.get(document.id)
        if present is None:
            new[document.id] = document
        elif present != document:
            message = f"there is another document with the id {document.id!r}"
            field = pointer("documents", number, "id")
            raise RequestError(HTTPStatus.CONFLICT, "conflict", message, field=field)
    return list(new.values())


def _card(document: Document) -> dict[str, str]:
    return {"id": document.id, "title": document.title, "package": document.package, "kind": document.kind}
