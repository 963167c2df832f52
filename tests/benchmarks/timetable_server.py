"""A server that answers by a timetable: `python timetable_server.py PORT SECONDS NAME`. Precise: it spins when due.

Second 0 is the first search; what else is asked (documents, health) is answered at once. During an outage it closes
every connection and does not listen.
"""

from __future__ import annotations

import heapq
import math
import selectors
import socket
import sys
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from loadtests.services.null_server import EMPTY, LIST, SEARCH
from tests.benchmarks.timetable import Timetable, timetables

SPIN_S = 0.002


class TimetableServer:
    """One thread, one selector."""

    def __init__(self, port: int, timetable: Timetable) -> None:
        self._address = ("127.0.0.1", port)
        self._timetable = timetable
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._due: list[tuple[float, int, socket.socket]] = []
        self._number = count()
        self._begun_s = math.inf

    def serve(self) -> None:
        """Answer until the process is ended."""
        self._listen()
        while True:
            wait_s = self._due[0][0] - time.perf_counter() if self._due else 0.02
            for key, _ in self._selector.select(0 if wait_s < SPIN_S else min(wait_s - SPIN_S, 0.02)):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.fileobj)  # type: ignore[arg-type]
            now_s = time.perf_counter()
            while self._due and self._due[0][0] <= now_s:
                self._send(heapq.heappop(self._due)[2], SEARCH)
            self._obey(now_s - self._begun_s)

    def _obey(self, t_s: float) -> None:
        down = any(begin_s <= t_s < end_s for begin_s, end_s in self._timetable.outages)
        if down and self._listener is not None:
            for key in list(self._selector.get_map().values()):
                self._selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
            self._listener, self._due = None, []
        elif not down and self._listener is None:
            self._listen()

    def _listen(self) -> None:
        self._listener = socket.create_server(self._address, backlog=2048)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _accept(self) -> None:
        try:
            stream, _ = self._listener.accept()  # type: ignore[union-attr]
        except BlockingIOError:
            return
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(stream, selectors.EVENT_READ)

    def _read(self, stream: socket.socket) -> None:
        try:
            data = stream.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(stream)
            stream.close()
        elif data.startswith(b"POST"):
            now_s, number = time.perf_counter(), next(self._number)
            self._begun_s = min(self._begun_s, now_s)
            at_s = self._timetable.answered_at(now_s - self._begun_s, number)
            if at_s < math.inf:
                heapq.heappush(self._due, (self._begun_s + at_s, number, stream))
        else:
            self._send(stream, LIST if data.startswith(b"GET /api/documents") else EMPTY)

    def _send(self, stream: socket.socket, reply: bytes) -> None:
        try:
            stream.sendall(reply)
        except OSError:
            return


if __name__ == "__main__":
    TimetableServer(int(sys.argv[1]), timetables(float(sys.argv[2]))[sys.argv[3]]).serve()
