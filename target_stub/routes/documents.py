"""Document routes: list, add, and each one by its id."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from target_stub import schema
from target_stub.api import Operation
from target_stub.document import Document
from target_stub.ingest.entry import entry_of_document
from target_stub.ingest.media import Media
from target_stub.ingest.shelf import FULL, disk_full
from target_stub.ingest.unreadable import UnreadableError
from target_stub.ingest.upload import Upload
from target_stub.json_body import json_body, json_reply
from target_stub.request_error import RequestError, bad_request
from target_stub.routes.receiving import FORM, checked_id, received
from target_stub.service import Service
from target_stub.validation import changed_document, new_documents, page_of

PAGE_PARAMETERS = {
    "limit": {
        "description": "how many documents",
        "schema": {"type": "integer", "minimum": 1, "maximum": schema.MAX_PAGE, "default": 100},
    },
    "cursor": {"description": "the `next` of the page before; not given for the first", "schema": {"type": "string"}},
}
FILE_PARAMETERS = {
    "id": {"description": "of a file; made from its content if not given", "schema": {"type": "string"}},
    "title": {"description": "of a file; its own if not given", "schema": {"type": "string"}},
    "package": {"description": "of a file", "schema": {"type": "string"}},
}
FILES = tuple(media.value for media in Media)
ONE, ANY_ID = "/api/documents/{id}", "/api/documents/{id:.+}"

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
        "Add documents or files: JSON and small texts at once, larger files and PDF by a job",
        answer=schema.AddAnswer,
        status=201,
        request=schema.AddRequest,
        parameters=FILE_PARAMETERS,
        errors=(400, 409, 413, 415, 503, 507),
        takes=(*FILES, FORM),
        accepted=schema.JobReport,
    ),
    Operation(
        "GET",
        ONE,
        "one_document",
        "A document with its text, or a file with its chunks",
        answer=schema.DocumentDetail,
        errors=(404, 503),
        pattern=ANY_ID,
    ),
    Operation(
        "PUT",
        ONE,
        "put_document",
        "Put a document or a file in the place of what is there under the id",
        answer=schema.AddAnswer,
        status=200,
        request=schema.ChangedDocument,
        parameters={name: FILE_PARAMETERS[name] for name in ("title", "package")},
        errors=(400, 413, 415, 503, 507),
        pattern=ANY_ID,
        takes=FILES,
        accepted=schema.JobReport,
    ),
    Operation(
        "DELETE",
        ONE,
        "delete_document",
        "Remove a document, or a file with its chunks",
        answer=schema.Removal,
        errors=(404, 503, 507),
        pattern=ANY_ID,
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
        if _kind(request) in FILES or _kind(request) == FORM:
            return await self._files(request, "", HTTPStatus.CREATED)
        given = new_documents(await json_body(request, self._service.config.max_body_bytes))
        shelf = self._service.ingestion.shelf
        await shelf.add(search, [entry_of_document(each) for each in given], _untold, replace=False)
        return self._added([document.id for document in given], HTTPStatus.CREATED)

    async def one_document(self, request: web.Request) -> web.Response:
        """Answer what there is under an id."""
        search, document_id = self._service.ready_search(), request.match_info["id"]
        entry = self._service.ingestion.shelf.entries.get(document_id)
        if entry is not None:
            return json_reply(entry.to_json())
        document = search.collection.get(document_id)
        if document is None:
            raise _nothing(document_id)
        return json_reply({**_card(document), "media": "", "sha256": "", "text": document.text})

    async def put_document(self, request: web.Request) -> web.Response:
        """Put a document or a file under an id: 201 where nothing was, 200 where it took something's place."""
        search, document_id = self._service.ready_search(), checked_id(request.match_info["id"])
        shelf = self._service.ingestion.shelf
        there = document_id in shelf.entries or search.collection.get(document_id) is not None
        status = HTTPStatus.OK if there else HTTPStatus.CREATED
        if _kind(request) in FILES:
            return await self._files(request, document_id, status)
        body = await json_body(request, self._service.config.max_body_bytes)
        entry = entry_of_document(changed_document(document_id, body))
        present = shelf.entries.get(document_id)
        if present is None or present.sha256 != entry.sha256:
            await shelf.add(search, [entry], _untold, replace=True)
        return self._added([document_id], status)

    async def delete_document(self, request: web.Request) -> web.Response:
        """Remove what there is under an id."""
        search, document_id = self._service.ready_search(), request.match_info["id"]
        if not await self._service.ingestion.shelf.remove(search, document_id):
            raise _nothing(document_id)
        return json_reply({"id": document_id, "total": len(search.collection)})

    async def _files(self, request: web.Request, entry_id: str, status: HTTPStatus) -> web.Response:
        """Take files in: one small text at once, anything else by a job."""
        ingestion, config = self._service.ingestion, self._service.config
        ingestion.has_room()
        uploads = await received(request, ingestion.folder, config.max_body_bytes, entry_id)
        first = uploads[0]
        small = first.media is not Media.PDF and first.size_bytes <= config.ingest_inline_bytes
        if len(uploads) == 1 and small and request.headers.get("Prefer") != "respond-async":
            return await self._at_once(first, status)
        try:
            job = ingestion.start(uploads)
        except OSError as error:
            for upload in uploads:
                upload.drop()
            if error.errno in FULL:
                raise disk_full() from error
            raise
        answer = json_reply(job.to_json(), HTTPStatus.ACCEPTED)
        answer.headers["Location"] = f"/api/jobs/{job.id}"
        return answer

    async def _at_once(self, upload: Upload, status: HTTPStatus) -> web.Response:
        search, ingestion = self._service.ready_search(), self._service.ingestion
        try:
            present = ingestion.shelf.entries.get(upload.id)
            if present is None or present.sha256 != upload.sha256:
                entry = await ingestion.read(upload)
                await ingestion.shelf.add(search, [entry], _untold, replace=True)
        except UnreadableError as error:
            raise bad_request(error.code, error.detail) from error
        finally:
            upload.drop()
        return self._added([upload.id], status)

    def _added(self, ids: Sequence[str], status: HTTPStatus) -> web.Response:
        return json_reply({"ids": list(ids), "total": len(self._service.ready_search().collection)}, status)


def _kind(request: web.Request) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _untold(done: int, total: int) -> None:
    """Tell nobody how far it is: the answer itself comes soon."""


def _nothing(document_id: str) -> RequestError:
    return RequestError(HTTPStatus.NOT_FOUND, "not_found", f"there is no document with the id {document_id!r}")


def _card(document: Document) -> dict[str, str]:
    return {"id": document.id, "title": document.title, "package": document.package, "kind": document.kind}
