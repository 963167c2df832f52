"""A closed loop over raw sockets, for machines without wrk.

`python loopback_client.py URL CONNECTIONS SECONDS PATH DISTINCT BYPASS` prints rate, p95 and p99 in ms, and failures.
"""

from __future__ import annotations

import asyncio
import sys
from time import perf_counter
from urllib.parse import urlsplit

import uvloop


class Closed(asyncio.Protocol):
    """One connection that sends the next request when the last is answered."""

    def __init__(self, requests: list[bytes], times: list[float], failures: list[int]) -> None:
        self._requests, self._times, self._failures = requests, times, failures
        self._sent = 0
        self._due = 0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._write = transport.write  # type: ignore[attr-defined]
        self._send()

    def _send(self) -> None:
        self._began = perf_counter()
        self._write(self._requests[self._sent % len(self._requests)])
        self._sent += 1

    def data_received(self, data: bytes) -> None:
        """Read on until the answer is whole."""
        self._buffer += data
        if not self._due:
            head, ends, _ = self._buffer.partition(b"\r\n\r\n")
            if not ends:
                return
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            self._due = len(head) + 4 + int(length.partition(b":")[2])
            self._failures[0] += not head.startswith(b"HTTP/1.1 2")
        if len(self._buffer) >= self._due:
            self._times.append(perf_counter() - self._began)
            self._buffer, self._due = b"", 0
            self._send()


def requests_of(host: str, path: str, distinct: int, bypass: bool) -> list[bytes]:
    """Return the requests to go round in."""
    if path != "/api/search":
        return [f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()]
    more = ',"cache":"bypass"' if bypass else ""
    bodies = [f'{{"query":"parse the date number {number} from a string"{more}}}' for number in range(distinct)]
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: "
    return [f"{head}{len(body)}\r\n\r\n{body}".encode() for body in bodies]


async def main(url: str, connections: int, seconds: float, path: str, distinct: int, bypass: bool) -> None:
    """Press, and print the figures."""
    parts = urlsplit(url)
    times: list[float] = []
    failures = [0]
    requests = requests_of(parts.netloc, path, distinct, bypass)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Closed(requests, times, failures), parts.hostname, parts.port)
    await asyncio.sleep(seconds)
    times.sort()
    p95, p99 = (times[int(len(times) * share)] * 1e3 for share in (0.95, 0.99))
    print(len(times) / seconds, p95, p99, failures[0])  # noqa: T201


if __name__ == "__main__":
    uvloop.run(
        main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5]), sys.argv[6] == "1")
    )
