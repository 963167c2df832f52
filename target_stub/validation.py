"""From a request's bytes and parameters to checked types, or to a refusal that names the field."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from target_stub.decoding import decode
from target_stub.document import MAX_TITLE_CHARS, Document
from target_stub.query import normal_form
from target_stub.request_error import RequestError, bad_request, pointer
from target_stub.schema import MAX_PAGE, AddRequest, ChangedDocument, NewDocument

DEFAULT_PAGE = 100

add_decoder = msgspec.json.Decoder(AddRequest)
change_decoder = msgspec.json.Decoder(ChangedDocument)


def new_documents(body: bytes) -> list[Document]:
    """Return the documents that a body asks to add; where no id is given, it is made from the content.

    Raises:
        RequestError: with status 400, also when an id is there twice with different content.
    """
    documents: dict[str, Document] = {}
    added = []
    for number, new in enumerate(decode(add_decoder, body).documents):
        document = _document(new, pointer("documents", number))
        if documents.setdefault(document.id, document) != document:
            raise bad_request(
                "duplicate_id", f"the id {document.id!r} is there twice", field=pointer("documents", number, "id")
            )
        added.append(document)
    return added


def changed_document(document_id: str, body: bytes) -> Document:
    """Return the document that a body asks to put under an id.

    Raises:
        RequestError: with status 400.
    """
    changed = decode(change_decoder, body)
    return _document(NewDocument(changed.title, changed.text, document_id, changed.package, changed.kind), "")


def _document(new: NewDocument, field: str) -> Document:
    title = normal_form(new.title)
    if not 1 <= len(title) <= MAX_TITLE_CHARS:
        raise bad_request(
            "out_of_range",
            f"the title must have 1 to {MAX_TITLE_CHARS} characters, it has {len(title)}",
            field=f"{field}/title",
        )
    if new.id is not msgspec.UNSET and not new.id.isprintable():
        raise bad_request("invalid_id", "an id must not hold control characters or line ends", field=f"{field}/id")
    content = hashlib.sha256(f"{title}\0{new.text}\0{new.package}\0{new.kind}".encode())
    document_id = f"sha256:{content.hexdigest()[:32]}" if new.id is msgspec.UNSET else new.id
    return Document(document_id, title, new.text, new.package, new.kind)


def page_of(parameters: Mapping[str, str]) -> tuple[int, int]:
    """Return row and limit from the parameters `cursor` and `limit`.

    Raises:
        RequestError: with status 400.
    """
    for name in parameters:
        if name not in ("cursor", "limit"):
            raise bad_request(
                "unknown_field", f"there is no parameter {name!r}", field=pointer(name), known=("limit", "cursor")
            )
    limit = _number(parameters.get("limit", str(DEFAULT_PAGE)))
    if limit is None or not 1 <= limit <= MAX_PAGE:
        raise bad_request("out_of_range", f"limit must be a whole number from 1 to {MAX_PAGE}", field="/limit")
    row = _number(parameters.get("cursor", "0"))
    if row is None:
        raise bad_request("bad_cursor", "that is not a cursor that this service gave out", field="/cursor")
    return row, limit


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def json_only(content_type: str) -> None:
    """Raise a refusal with status 415 unless the content type is JSON's."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "the body must be JSON, and the header Content-Type must say so",
            known=("application/json",),
        )
