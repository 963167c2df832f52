"""JSON over HTTP: a request's body, read within its bound, and an answer's."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from target_stub.api import JSON
from target_stub.request_error import body_too_large
from target_stub.validation import json_only


async def json_body(request: web.Request, largest_bytes: int) -> bytes:
    """Return the body of a request, which must say that it is JSON and be small enough.

    Raises:
        RequestError: with status 413 or 415.
    """
    json_only(request.headers.get("Content-Type", ""))
    if (request.content_length or 0) > largest_bytes:  # aiohttp would first read up to the limit
        raise body_too_large(largest_bytes)
    return await request.read()


def json_reply(content: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return an answer with this content."""
    return web.Response(body=orjson.dumps(content), status=status, headers={"Content-Type": JSON})
