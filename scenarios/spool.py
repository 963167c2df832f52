"""Spool: requests set aside in a temporary file, to be read one after another as often as they are wanted."""

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


class Spool:
    """Holds at most so many requests on disk; the file goes with the spool."""

    def __init__(self, requests: Iterable[Request], most: int) -> None:
        descriptor, self._path = tempfile.mkstemp(prefix="tenfold-", suffix=".jsonl")
        weakref.finalize(self, os.unlink, self._path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for operation, record in islice(requests, most):
                file.write(json.dumps([operation, record.method, record.path, record.body]) + "\n")

    def __iter__(self) -> Iterator[Request]:
        with open(self._path, encoding="utf-8") as file:  # noqa: PTH123 - a name from tempfile
            for line in file:
                operation, method, path, body = json.loads(line)
                yield operation, Recorded(0.0, method, path, 200, body)
