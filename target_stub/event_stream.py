"""Event stream: an answer in pieces, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiohttp import web

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
        self._sent = 0
        self.response = web.StreamResponse(headers={**HEADERS, **(headers or {})})

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

        Proxies cut connections on which nothing happens, and a client that has left is noticed while writing.
        The iterator is closed when this ends, however it ends.
        """
        coming: asyncio.Future[tuple[str, Any]] | None = None
        try:
            while True:
                coming = asyncio.ensure_future(anext(events))
                while not (await asyncio.wait((coming,), timeout=heartbeat_s))[0]:
                    await self._write(HEARTBEAT)
                try:
                    name, content = coming.result()
                except StopAsyncIteration:
                    return
                await self.send(name, content)
        finally:
            if coming is not None and not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _write(self, piece: bytes) -> None:
        if not self.response.prepared:
            await self.response.prepare(self._request)
        await self.response.write(piece)
