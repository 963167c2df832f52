"""Files of JSON lines: appended one whole line at a time, read up to the first line that is not whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson


class LineWriter:
    """Appends JSON objects to a file, each in one write, so that a killed process leaves only whole lines."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, *objects: Mapping[str, Any]) -> None:
        """Append the objects, one line each.

        Raises:
            OSError: when the disk is full or the file is gone; what was written before stays readable.
        """
        lines = b"".join(orjson.dumps(its) + b"\n" for its in objects)
        while lines:
            lines = lines[os.write(self._descriptor, lines) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def read_lines(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file, in order; a missing file has none.

    A last line without its end is what a crash leaves: it is left out, and `notes` says so. A broken line elsewhere is
    left out and noted too.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    lines = content.split(b"\n")
    unfinished = lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            data = orjson.loads(line)
        except orjson.JSONDecodeError:
            data = None
        if isinstance(data, dict):
            yield data
        else:
            notes.append(f"{path.name}: line {number} is not a JSON object and was left out")
    if unfinished:
        notes.append(f"{path.name}: ends within line {len(lines) + 1}; read up to line {len(lines)}")
