"""Event stream: an answer in pieces, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from target_stub.api import REQUEST_ID
from target_stub.request_error import RequestError

log = logging.getLogger(__name__)

HEARTBEAT = b": still here\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # else nginx in front would wait for the end
}


def event(name: str, content: Any, number: int | None = None) -> bytes:
    """Return an event as it is sent; the content becomes one line of JSON, which bytes are taken for already."""
    data = content if isinstance(content, bytes) else orjson.dumps(content)
    head = f"event: {name}\n" if number is None else f"id: {number}\nevent: {name}\n"
    return head.encode() + b"data: " + data + b"\n\n"


class EventStream:
    """Sends events to one client. Nothing is sent before the first one, so that a refusal can still be told as such."""

    def __init__(self, request: web.Request, headers: dict[str, str] | None = None) -> None:
        self._request = request
        self._request_id: str = request.get(REQUEST_ID, "")
        self._sent = 0
        told = {"X-Request-ID": self._request_id} if self._request_id else {}
        self.response = web.StreamResponse(headers={**HEADERS, **told, **(headers or {})})

    @property
    def started(self) -> bool:
        """Whether the client has begun to hear; from then on, an error can only be told as an event."""
        return self.response.prepared

    async def send(self, name: str, content: Any) -> None:
        """Send an event, numbered on from 1.

        Raises:
            ConnectionError: when the client has left.
        """
        self._sent += 1
        await self._write(event(name, content, self._sent))

    async def send_all(self, events: AsyncIterator[tuple[str, Any]], heartbeat_s: float) -> None:
        """Send each event when it comes, and a comment whenever none has come for a while.

        Proxies cut connections on which nothing happens, and a client that has left is noticed while writing: then
        this ends. An error is raised before the first event, and is the last event after it. The iterator is closed
        when this ends, however it ends.
        """
        coming: asyncio.Future[tuple[str, Any]] | None = None
        try:
            while True:
                coming = asyncio.ensure_future(_next(events))
                while not (await asyncio.wait((coming,), timeout=heartbeat_s))[0]:
                    await self._write(HEARTBEAT)
                await self.send(*coming.result())
        except StopAsyncIteration:
            return
        except ConnectionError:
            log.info("request %s: the client left its stream", self._request_id)
        except Exception as error:
            if not self.started:
                raise
            await self._send_error(error)
        finally:
            if coming is not None and not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _send_error(self, error: Exception) -> None:
        if not isinstance(error, RequestError):
            log.error("request %s failed in its stream", self._request_id, exc_info=error)
            message = f"the service failed; its log has more under the request id {self._request_id}"
            error = RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
        with contextlib.suppress(ConnectionError):
            await self.send("error", error.body(self._request_id))

    async def _write(self, piece: bytes) -> None:
        if not self.response.prepared:
            await self.response.prepare(self._request)
        await self.response.write(piece)


async def _next(events: AsyncIterator[tuple[str, Any]]) -> tuple[str, Any]:
    return await anext(events)
