"""DataFile: rows of named texts from CSV, or from JSON lines: queries, products, users, documents with relevance."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from scenarios.errors import HarnessError

MOST_ROWS = 1_000_000
"""Rows that are read; they are held in memory by every generator."""

Row = dict[str, str]


def read_rows(path: Path, limit: int = MOST_ROWS) -> list[Row]:
    """Return the first rows of a file; every one has the columns of the first.

    A value that is no text in JSON lines is written as JSON, so that a list stays one.

    Raises:
        HarnessError: naming file and line, when it cannot be read, or has no rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            read = _json_rows if path.suffix in (".jsonl", ".ndjson", ".json") else _csv_rows
            rows = list(islice(read(file, path), limit))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        hint = "give a CSV file with a heading, or JSON lines in a file named .jsonl"
        raise HarnessError(f"{path} cannot be read: {error}", hint=hint) from error
    if not rows:
        raise HarnessError(f"{path} has no rows", hint="give a CSV file with a heading and rows, or JSON lines")
    return rows


def columns(path: Path) -> tuple[str, ...]:
    """Return the names of the columns, from the first row.

    Raises:
        HarnessError: as `read_rows`.
    """
    return tuple(read_rows(path, limit=1)[0])


def _csv_rows(file: Iterator[str], path: Path) -> Iterator[Row]:
    reader = csv.DictReader(file, strict=True)
    for row in reader:
        if None in row or None in row.values():
            what = f"{path}: line {reader.line_num} has not as many fields as the heading"
            raise HarnessError(what, hint="quote fields that hold commas or line ends")
        yield dict(row)


def _json_rows(file: Iterator[str], path: Path) -> Iterator[Row]:
    wanted: set[str] | None = None
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise HarnessError(f"{path}: line {number} is not a JSON object", hint="write one object a line")
        wanted = set(row) if wanted is None else wanted
        missing = wanted - set(row)
        if missing:
            raise HarnessError(
                f"{path}: line {number} has no {sorted(missing)[0]!r}", hint="give each row every column"
            )
        yield {name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()}
