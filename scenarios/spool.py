"""Spool: requests set aside in a nameless temporary file, to be read one after another as often as they are wanted."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from itertools import islice

from scenarios.log_line import Recorded

Request = tuple[int, Recorded]
"""The index of an operation, and a request of it."""

_AT_ONCE = 1 << 16  # bytes read at a time


class Spool:
    """Holds at most so many requests on disk; the file has no name and goes with the process, whatever ends it."""

    def __init__(self, requests: Iterable[Request], most: int) -> None:
        self._file = tempfile.TemporaryFile(prefix="tenfold-")  # noqa: SIM115 - open for as long as the spool lives
        for operation, record in islice(requests, most):
            self._file.write(json.dumps([operation, record.method, record.path, record.body]).encode() + b"\n")
        self._file.flush()
        weakref.finalize(self, self._file.close)

    def __iter__(self) -> Iterator[Request]:
        for line in self._lines():
            operation, method, path, body = json.loads(line)
            yield operation, Recorded(0.0, method, path, 200, body)

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines; each reader has a place of its own in the file."""
        place, rest = 0, b""
        while block := os.pread(self._file.fileno(), _AT_ONCE, place):
            place += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
