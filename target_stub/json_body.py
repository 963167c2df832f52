"""JSON over HTTP: a request's body, read within its bound, and an answer's."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
    return await bounded_body(request, largest_bytes)


async def bounded_body(request: web.Request, largest_bytes: int) -> bytes:
    """Return the body, unpacked; it is left unread from where it is seen to be too large.

    aiohttp unpacks a compressed body piece by piece as it is read, so a few bytes never become many at once.

    Raises:
        RequestError: with status 413.
    """
    return b"".join([piece async for piece in bounded_pieces(request, largest_bytes)])


async def bounded_pieces(request: web.Request, largest_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives, unpacked.

    Raises:
        RequestError: with status 413, where it is seen to be too large.
    """
    if (request.content_length or 0) > largest_bytes:
        raise body_too_large(largest_bytes)
    left_bytes = largest_bytes
    async for piece in request.content.iter_any():
        left_bytes -= len(piece)
        if left_bytes < 0:
            raise body_too_large(largest_bytes)
        yield piece


def json_reply(content: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return an answer with this content."""
    return web.Response(body=orjson.dumps(content), status=status, headers={"Content-Type": JSON})
