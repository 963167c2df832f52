"""FullLane: one user agent with TLS, redirects and cookies, under the same plan and recording as a fast lane.

It is the client below Locust's `FastHttpUser` (geventhttpclient), run by the greenlet of the Locust user that lends the
lane. It needs some three times the processor time of a fast lane.
"""

from __future__ import annotations

import errno
import socket
import ssl
import time
import zlib
from http.cookiejar import CookieJar
from typing import Any

import gevent
from gevent.event import Event
from gevent.hub import get_hub
from geventhttpclient._parser import HTTPParseError
from geventhttpclient.response import HTTPConnectionClosed, HTTPSocketResponse
from geventhttpclient.useragent import CompatResponse, UserAgent
from geventhttpclient.useragent import ConnectionError as AgentError

from loadtests.drivers.lane import Prepared, Route
from loadtests.sample import BAD_REPLY, NO_FILE, NO_PORT, REFUSED, RESET, TLS
from loadtests.target import Reply
from scenarios.arrivals import Arrival
from scenarios.errors import HarnessError
from scenarios.scenario import TargetSpec

READ_BYTES = 65_536
_UNREACHABLE = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
_LOCAL = {errno.EADDRNOTAVAIL: NO_PORT, errno.EMFILE: NO_FILE, errno.ENFILE: NO_FILE}


class _GivenUp(BaseException):
    """Thrown into the greenlet whose request has been given up."""


class _Agent(UserAgent):
    """Takes every reply for one, whatever its status, and never tries again by itself."""

    def _verify_status(self, status_code: int, url: Any = None) -> None:
        """Every status is judged by the target."""

    def _handle_error(self, error: BaseException, url: Any = None) -> BaseException:  # noqa: ARG002
        raise error


class FullLane:
    """Keeps cookies and its connection from one arrival to the next. It is its own `Reply`."""

    def __init__(self, route: Route, spec: TargetSpec, context: ssl.SSLContext) -> None:
        self._route = route
        self._base = f"{'https' if route.address.tls else 'http'}://{route.address.authority}{route.address.prefix}"
        self._agent = _make_agent(spec, context)
        self._ready = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._under_way: Arrival | None = None
        self.arrival: Arrival | None = None
        self.deadline_s = self.sent_s = self.first_byte_s = 0.0
        self.size_bytes = 0
        self.status = 0
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: list[tuple[float, bytes]] = []

    @property
    def reply(self) -> Reply:
        """This lane: it keeps the reply until the next begins."""
        return self

    def start(self, arrival: Arrival, now_s: float, deadline_s: float) -> None:
        """Wake the lane's greenlet for an arrival."""
        self.arrival, self.sent_s, self.deadline_s = arrival, now_s, deadline_s
        self.first_byte_s, self.size_bytes = 0.0, 0
        self._ready.set()

    def give_up(self) -> None:
        """Have the greenlet drop what it is doing; the connection is closed, so that no late reply comes over it."""
        given_up = self.arrival

        def drop() -> None:
            if self._greenlet is not None and self._under_way is given_up:
                self._greenlet.throw(_GivenUp)

        self._ready.clear()
        get_hub().loop.run_callback(drop)

    def serve(self) -> None:
        """Exchange requests for replies until the greenlet is killed."""
        self._greenlet = gevent.getcurrent()
        while True:
            self._ready.wait()
            self._ready.clear()
            arrival = self._under_way = self.arrival
            if arrival is None:
                continue
            try:
                outcome = self._exchange(arrival, self._route.prepare(arrival))
            except _GivenUp:
                self._agent.close()
                continue
            finally:
                self._under_way = None
            if self.arrival is arrival:
                self._route.report(self, outcome, time.perf_counter())

    def close(self) -> None:
        """Close the connection."""
        self.arrival = None
        self._agent.close()

    def _exchange(self, arrival: Arrival, prepared: Prepared) -> str:
        call = prepared.call
        headers = dict(call.headers) | ({"Content-Type": call.content_type} if call.content_type else {})
        try:
            response = self._agent.urlopen(
                self._base + call.path, method=call.method, headers=headers, payload=call.body or None
            )
            self.first_byte_s = time.perf_counter()
            self._read(response, streamed=call.streamed)
        except Exception as error:  # noqa: BLE001 - whatever the client raises is the outcome of a request
            self._agent.close()
            return _outcome(error)
        return self._route.judge(arrival, self)

    def _read(self, response: CompatResponse, *, streamed: bool) -> None:
        self.pieces = []
        if streamed:
            self._read_pieces(response._response)
            body = b"".join(piece for _, piece in self.pieces)
        else:
            body = response.content or b""
        self.status, self.body, self.size_bytes = response.status_code, body, len(body)
        self.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]

    def _read_pieces(self, response: HTTPSocketResponse) -> None:
        """Read what comes, as it comes: the response's own `read` waits for a length."""
        piece = bytes(response._body_buffer)  # came together with the head
        while True:
            if piece:
                self.pieces.append((time.perf_counter() - self._route.origin_s(), piece))
            del response._body_buffer[:]
            if response.message_complete:
                return
            response.feed(response._sock.recv(READ_BYTES) if response._sock else b"")
            piece = bytes(response._body_buffer)


def tls_context(spec: TargetSpec) -> ssl.SSLContext:
    """Return how certificates are verified, as the scenario chose.

    Raises:
        HarnessError: when the file with the authorities cannot be read.
    """
    context = ssl.create_default_context()
    if isinstance(spec.verify, str):
        try:
            context.load_verify_locations(spec.verify)
        except (OSError, ssl.SSLError) as error:
            raise HarnessError(
                f"the certificates in {spec.verify} cannot be read: {error}",
                hint="target.verify is true, false, or a PEM file of certificate authorities",
            ) from error
    elif not spec.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _make_agent(spec: TargetSpec, context: ssl.SSLContext) -> UserAgent:
    return _Agent(
        max_redirects=spec.redirects,
        max_retries=0,
        cookiejar=CookieJar(),
        headers={"User-Agent": "tenfold"},
        insecure=not spec.verify,
        ssl_context_factory=lambda: context,
        connection_timeout=spec.timeout_s,
        network_timeout=spec.timeout_s,
        concurrency=1,
    )


def _outcome(error: Exception) -> str:
    """Name what the client ran into in the words of `loadtests.sample`."""
    match error:
        case ssl.SSLError():
            return TLS
        case HTTPConnectionClosed():
            return RESET
        case HTTPParseError() if "Incomplete" in str(error):  # the connection ended within the reply
            return RESET
        case HTTPParseError() | zlib.error() | AgentError() | ValueError():
            return BAD_REPLY
        case OSError(errno=number) if number in _LOCAL:
            return _LOCAL[number]
        case ConnectionRefusedError() | socket.gaierror():
            return REFUSED
        case OSError(errno=number) if number in _UNREACHABLE:
            return REFUSED
        case OSError():
            return RESET
        case _:
            raise error
