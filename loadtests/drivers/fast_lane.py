"""FastLane: one keep-alive HTTP/1.1 connection without TLS, driven by the event loop's own watchers.

No greenlet takes part: a request is prepared bytes and one `send`; a reply is usually one `recv`, parsed by httptools
(chunked bodies, split reads, errors). The instants are taken right before the send and right after the read.
"""

from __future__ import annotations

import _socket
import errno
import time
from typing import Any

import httptools
from gevent.event import Event
from gevent.hub import get_hub

from loadtests.drivers.lane import Prepared, Route
from loadtests.sample import BAD_REPLY, NO_FILE, NO_PORT, REFUSED, RESET
from loadtests.target import Reply
from scenarios.arrivals import Arrival

READ_BYTES = 65_536
_READABLE, _WRITABLE = 1, 2
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
_LOCAL = {errno.EADDRNOTAVAIL: NO_PORT, errno.EMFILE: NO_FILE, errno.ENFILE: NO_FILE}

_clock = time.perf_counter


class FastLane:
    """Opens on first use, and again after anything that leaves the stream in doubt. It is its own `Reply`."""

    # fmt: off
    __slots__ = (
        "_body", "_feed", "_head", "_judge", "_keep_alive", "_loop", "_parser", "_place",
        "_prepare", "_prepared", "_reading", "_recv", "_report", "_reused", "_route", "_send",
        "_stream", "_untidy", "_whole", "_writing", "arrival", "body", "deadline_s", "first_byte_s",
        "headers", "pieces", "sent_s", "size_bytes", "status",
    )
    # fmt: on

    def __init__(self, route: Route, number: int) -> None:
        self._route = route
        self._place = route.places[number % len(route.places)]
        self._prepare, self._judge, self._report = route.prepare, route.judge, route.report
        self._loop = get_hub().loop
        self._stream: _socket.socket | None = None
        self._reading: Any = None
        self._writing: Any = None
        self._prepared: Prepared | None = None
        self._reused = False
        self._whole = False
        self._keep_alive = False
        self._untidy = False
        self._head = b""
        self._body: list[bytes] = []
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

    # --- what the load asks for -------------------------------------------------------------------------------------

    def start(self, arrival: Arrival, now_s: float, deadline_s: float) -> None:
        """Send an arrival's request over the connection; open it first where there is none."""
        self.arrival = arrival
        self.sent_s = now_s
        self.deadline_s = deadline_s
        self.first_byte_s = 0.0
        prepared = self._prepared = self._prepare(arrival)
        if self._stream is None:
            self._reused = False
            self._open()
            return
        self._reused = True
        try:
            sent = self._send(prepared.wire)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._soon(self._broken)
            return
        if sent != prepared.length:
            self._send_rest(prepared.wire[sent:])

    def give_up(self) -> None:
        """Close the connection, so that a late reply is not taken for another's."""
        self._disconnect()
        self.size_bytes = 0

    def serve(self) -> None:
        """Block the calling greenlet until it is killed: the event loop does the work."""
        Event().wait()

    def close(self) -> None:
        """Close the connection."""
        self._disconnect()
        self.arrival = None

    # --- the connection ---------------------------------------------------------------------------------------------

    def _open(self) -> None:
        family, where = self._place
        try:
            stream = _socket.socket(family, _socket.SOCK_STREAM)
        except OSError as error:
            self._soon(self._fail, _LOCAL.get(error.errno or 0, REFUSED))
            return
        stream.setblocking(False)
        stream.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        code = stream.connect_ex(where)
        if code not in _UNDER_WAY:
            stream.close()
            self._soon(self._fail, _LOCAL.get(code, REFUSED))
            return
        self._stream = stream
        self._writing = self._loop.io(stream.fileno(), _WRITABLE)
        self._writing.start(self._connected)

    def _connected(self) -> None:
        if self._stream is None or self._prepared is None:
            return
        self._stop_writing()
        code = self._stream.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
        if code:
            self._fail(_LOCAL.get(code, REFUSED))
            return
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._recv, self._send = self._stream.recv, self._stream.send
        self._reading = self._loop.io(self._stream.fileno(), _READABLE)
        self._reading.start(self._readable)
        self._send_rest(self._prepared.wire)

    def _send_rest(self, rest: bytes) -> None:
        """Send what the socket takes, and the remainder when it takes more."""
        if self._stream is None:
            return
        try:
            rest = rest[self._stream.send(rest) :]
        except BlockingIOError:
            pass
        except OSError:
            self._soon(self._broken)
            return
        self._stop_writing()
        if rest:
            self._writing = self._loop.io(self._stream.fileno(), _WRITABLE)
            self._writing.start(self._send_rest, rest)

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.stop()
            self._writing.close()
            self._writing = None

    def _disconnect(self) -> None:
        self._stop_writing()
        if self._reading is not None:
            self._reading.stop()
            self._reading.close()
            self._reading = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    # --- the reply --------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            data = self._recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now_s = _clock()
        if self.arrival is None:  # the server closed an idle connection, or speaks without being asked
            self._disconnect()
            return
        if not data:
            self._ended(now_s)
            return
        if not self.first_byte_s:
            self.first_byte_s = now_s
            self._whole = False
            self._body = []
            if self._untidy:
                self._tidy()
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(BAD_REPLY)
            return
        if self._prepared.streamed:  # type: ignore[union-attr] # an arrival is under way
            self._note_pieces(now_s)
        if self._whole:
            self._finish(now_s)
        else:
            self._note_head(data)

    def _note_head(self, data: bytes) -> None:
        if b"\r\n\r\n" not in self._head:
            self._head += data
            self._untidy = True

    def _tidy(self) -> None:
        """Forget what of the last reply is not always there."""
        self._untidy, self._head, self.headers, self.pieces = False, b"", [], []

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body from the parser."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Note that the reply is whole; the parser knows only here whether the connection may be kept."""
        status = self._parser.get_status_code()
        if status < 200:  # an interim answer; the real one follows
            self.headers = []
            return
        if self._whole:
            raise ValueError("a second reply to one request")
        self._whole, self.status = True, status
        self._keep_alive = self._parser.should_keep_alive()

    def _note_pieces(self, now_s: float) -> None:
        self._untidy = True
        came_s = now_s - self._route.origin_s()
        self.pieces += [(came_s, data) for data in self._body[len(self.pieces) :]]

    def _finish(self, now_s: float) -> None:
        pieces = self._body
        body = self.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.size_bytes = len(body)
        if not self._keep_alive:
            self._disconnect()
        self._report(self, self._judge(self.arrival, self), now_s)  # type: ignore[arg-type]

    def _ended(self, now_s: float) -> None:
        """The server closed the connection while its reply was awaited."""
        if not self.first_byte_s:
            self._broken()
        elif self._lasts_until_close():
            self.status, self._keep_alive = self._parser.get_status_code(), False
            self._finish(now_s)
        else:
            self._fail(RESET)

    def _lasts_until_close(self) -> bool:
        """Whether the reply has no length of its own, so that the end of the connection is its end (RFC 9112, 6.3)."""
        head, end, _ = self._head.lower().partition(b"\r\n\r\n")
        return bool(end) and b"\r\ncontent-length:" not in head and b"\r\ntransfer-encoding:" not in head

    def _broken(self) -> None:
        """The connection broke before a byte of the reply came."""
        if not self._reused:
            self._fail(RESET)
            return
        # a server may close an idle connection at the very moment it is used again: one try on a new one is fair
        self._disconnect()
        self._reused = False
        self._open()

    def _fail(self, outcome: str) -> None:
        self._disconnect()
        self.size_bytes = 0
        self._report(self, outcome, _clock())

    def _soon(self, call: Any, *words: Any) -> None:
        """Call when the caller has returned, unless the arrival is given up before."""
        arrival = self.arrival
        self._loop.run_callback(lambda: call(*words) if self.arrival is arrival else None)
