"""OpenAPI: the document that describes the API, made from its operations and types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from target_stub.api import JSON, Operation
from target_stub.request_error import PROBLEM_JSON
from target_stub.schema import Problem

REFERENCE = "#/components/schemas/{name}"
HEADERS = {
    "X-Request-ID": "the request's own id if it was sane, else a new one",
    "X-Response-Time": "how long the service took, such as 4.21ms",
    "Server-Timing": "milliseconds by stage, of those that happened",
    "X-Cache": "hit, miss, coalesced (shared with an equal search under way) or off",
}
IN_PATH = re.compile(r"\{(\w+)\}")
TEXT = {"type": "string"}
EVERY_ANSWER = ("X-Request-ID", "X-Response-Time")


def openapi_document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these operations."""
    types = {
        kind for its in operations for kind in (its.request, its.answer, its.accepted, its.refusal, Problem) if kind
    }
    in_order = sorted(types, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(in_order, ref_template=REFERENCE)
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tenfold's search service",
            "version": version or "0",
            "description": "A document search worth measuring: docstrings or your own texts, found by meaning.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": {
                name: {"description": described, "schema": {"type": "string"}} for name, described in HEADERS.items()
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.handler, "summary": operation.summary}
    parameters = [
        *({"name": name, "in": "path", "required": True, "schema": TEXT} for name in IN_PATH.findall(operation.path)),
        *({"name": name, "in": "query", "required": False, **facts} for name, facts in operation.parameters.items()),
    ]
    if parameters:
        described["parameters"] = parameters
    content = {JSON: {"schema": _reference(operation.request)}} if operation.request is not None else {}
    content |= {media: {"schema": TEXT} for media in operation.takes}
    if content:
        described["requestBody"] = {"required": True, "content": content}
    answer = {"schema": _reference(operation.answer) if operation.answer else _unspecified(operation.media)}
    headers = _headers((*EVERY_ANSWER, *operation.headers))
    described["responses"] = {
        str(operation.status): {
            "description": HTTPStatus(operation.status).phrase,
            "headers": headers,
            "content": {operation.media: answer}
            | {media: {"schema": _unspecified(media)} for media in operation.other_media},
        }
    }
    if operation.accepted is not None:
        later = {JSON: {"schema": _reference(operation.accepted)}}
        described["responses"]["202"] = {"description": "Accepted", "headers": headers, "content": later}
    for status in operation.errors:
        described["responses"][str(status)] = _refusal(HTTPStatus(status).phrase, operation.refusal)
    described["responses"]["default"] = _refusal("Any other error", Problem)
    return described


def _refusal(phrase: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "description": phrase,
        "headers": _headers(EVERY_ANSWER),
        "content": {PROBLEM_JSON if kind is Problem else JSON: {"schema": _reference(kind)}},
    }


def _unspecified(media: str) -> dict[str, Any]:
    return {"type": "object"} if media == JSON else {"type": "string"}


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
