"""A server that costs as little as one in Python can: it answers every search with the same bytes.

Run as `python null_server.py PORT`. It also lists documents, so that the harness finds its queries.
"""

from __future__ import annotations

import asyncio
import sys

import orjson
import uvloop

DOCUMENTS = [{"id": f"d{number}", "title": f"Document number {number} of the null server"} for number in range(1000)]
RESULTS = orjson.dumps({"results": [{"id": f"d{rank}", "score": 1.0, "title": "x" * 40} for rank in range(10)]})


def reply(body: bytes) -> bytes:
    """Return a whole HTTP reply."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


SEARCH = reply(RESULTS)
LIST = reply(orjson.dumps({"documents": DOCUMENTS, "next": None, "total": len(DOCUMENTS)}))
EMPTY = reply(b"")


class Null(asyncio.Protocol):
    """One connection; a request is taken to arrive in one piece, as the generators here send it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Answer."""
        if data.startswith(b"POST"):
            self._write(SEARCH)
        else:
            self._write(LIST if data.startswith(b"GET /api/documents") else EMPTY)


async def serve(port: int) -> None:
    """Listen until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
