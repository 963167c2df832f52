"""Connection: one keep-alive HTTP/1.1 connection on a gevent socket, with a deadline and its own time stamps.

Requests are prepared bytes; replies are parsed incrementally by httptools (chunked bodies, split reads, errors).
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools
from gevent import socket

from loadtests.sample import BAD_REPLY, REFUSED, RESET, TIMEOUT
from loadtests.target import Call

READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target listens, and the fixed parts of every request to it."""

    host: str
    port: int
    authority: str
    prefix: str
    tls: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Read an address such as `http://127.0.0.1:8080`; a path in it is put before every call's own."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname or "", port, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), tls)

    def request(self, call: Call) -> bytes:
        """Return the bytes of a request."""
        head = f"{call.method} {self.prefix}{call.path} HTTP/1.1\r\nHost: {self.authority}\r\nUser-Agent: tenfold\r\n"
        if call.content_type:
            head += f"Content-Type: {call.content_type}\r\nContent-Length: {len(call.body)}\r\n"
        return head.encode("ascii") + b"\r\n" + call.body


class ExchangeError(Exception):
    """A request without a usable reply; `outcome` names it in the words of `loadtests.sample`."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Reply:
    """Collects one reply from the parser's callbacks."""

    __slots__ = ("_parser", "body", "complete", "first_byte_s", "keep_alive", "status")

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self.body = bytearray()
        self.complete = False
        self.first_byte_s = 0.0
        self.keep_alive = False
        self.status = 0

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """Note that the reply is whole; the parser knows only here whether the connection may be kept."""
        self.complete = True
        if self._parser is not None:
            self.status = self._parser.get_status_code()
            self.keep_alive = self._parser.should_keep_alive()

    def feed(self, data: bytes) -> None:
        """Parse a piece of the reply.

        Raises:
            httptools.HttpParserError: when it is not HTTP.
        """
        if self._parser is not None:
            self._parser.feed_data(data)
        if self.complete:
            self._parser = None  # parser and reply hold each other; without this each reply waits for the collector


class Connection:
    """Opens on first use, and again after anything that leaves the stream in doubt."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._context = ssl.create_default_context() if address.tls else None

    def exchange(self, request: bytes, deadline_s: float) -> Reply:
        """Send a prepared request and return the whole reply.

        Args:
            request: The bytes to send.
            deadline_s: The instant of `time.perf_counter()` at which the caller's patience ends.

        Raises:
            ExchangeError: when no whole, well-formed reply came in time; the connection is closed then.
        """
        try:
            return self._exchange(request, deadline_s)
        except TimeoutError as error:
            raise self._failed(TIMEOUT, error) from error
        except ConnectionRefusedError as error:
            raise self._failed(REFUSED, error) from error
        except httptools.HttpParserError as error:
            raise self._failed(BAD_REPLY, error) from error
        except OSError as error:
            raise self._failed(RESET if self._socket else REFUSED, error) from error

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes, deadline_s: float) -> Reply:
        fresh = self._socket is None
        stream = self._socket or self._open(deadline_s)
        reply = Reply()
        try:
            stream.settimeout(_remaining_s(deadline_s))
            stream.sendall(request)
            self._read(stream, reply, deadline_s)
        except (ConnectionResetError, BrokenPipeError):
            # a server may close an idle connection at the very moment it is used again: one try on a new one is fair
            if fresh or reply.first_byte_s:
                raise
            self.close()
            return self._exchange(request, deadline_s)
        if not reply.keep_alive:
            self.close()
        return reply

    def _open(self, deadline_s: float) -> socket.socket:
        stream = socket.create_connection((self._address.host, self._address.port), timeout=_remaining_s(deadline_s))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            stream = self._context.wrap_socket(stream, server_hostname=self._address.host)
        self._socket = stream
        return stream

    def _read(self, stream: socket.socket, reply: Reply, deadline_s: float) -> None:
        while not reply.complete:
            stream.settimeout(_remaining_s(deadline_s))
            data = stream.recv(READ_BYTES)
            if not data:
                raise ConnectionResetError("the connection was closed before the reply was whole")
            if not reply.first_byte_s:
                reply.first_byte_s = time.perf_counter()
            reply.feed(data)

    def _failed(self, outcome: str, error: Exception) -> ExchangeError:
        self.close()
        return ExchangeError(outcome, f"{type(error).__name__}: {error}")


def _remaining_s(deadline_s: float) -> float:
    remaining_s = deadline_s - time.perf_counter()
    if remaining_s <= 0:
        raise TimeoutError("the caller's patience ended")
    return remaining_s
