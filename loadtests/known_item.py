"""KnownItem: a query, the documents that are known to answer it, and whatever else its row of data holds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from loadtests.lines import read_lines
from scenarios.data_file import Row, read_rows
from scenarios.errors import HarnessError

MIN_WORDS = 4  # shorter titles ("Return self.") name no document in particular
MAX_CHARACTERS = 300
QUERY, DOCUMENT, RELEVANT = "query", "document_id", "relevant"
"""Columns with a meaning: the query, the one document it is looked for, or a list of documents in JSON."""


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A query and the ids of the documents that answer it, none when nobody knows; `values` fill in templates."""

    query: str
    relevant: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return {QUERY: self.query, RELEVANT: list(self.relevant), "values": dict(self.values)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KnownItem:
        """Read what `to_json` wrote, or a line of an older run with one `document_id`.

        Raises:
            KeyError: when there is no query.
        """
        relevant = data[RELEVANT] if RELEVANT in data else [data[DOCUMENT]]
        query = str(data[QUERY])
        own = data.get("values", {QUERY: query, DOCUMENT: str(relevant[0]) if relevant else ""})
        return cls(query, tuple(str(its) for its in relevant), {str(k): str(v) for k, v in own.items()})


def of_document(query: str, identity: str) -> KnownItem:
    """Return the item of a query that was taken from one document."""
    return KnownItem(query, (identity,), {QUERY: query, DOCUMENT: identity})


def draw(documents: Iterable[Mapping[str, Any]], distinct: int, seed: int) -> tuple[KnownItem, ...]:
    """Draw queries from documents with `id` and `title`: titles that occur once and say enough, in seeded order.

    Raises:
        HarnessError: when the corpus has fewer such titles than queries are asked for.
    """
    titled = [(str(its["title"]).strip(), str(its["id"])) for its in documents]
    seen = Counter(title.lower() for title, _ in titled)
    usable = sorted(
        (title, identity)
        for title, identity in titled
        if seen[title.lower()] == 1 and len(title.split()) >= MIN_WORDS and len(title) <= MAX_CHARACTERS
    )
    if len(usable) < distinct:
        raise HarnessError(
            f"the corpus has {len(usable)} usable titles, the workload asks for {distinct} distinct queries",
            hint="lower workload.queries.distinct, or index more documents",
        )
    Random(f"{seed}:known-items").shuffle(usable)  # noqa: S311 - a seeded draw, not a secret
    return tuple(of_document(title, identity) for title, identity in usable[:distinct])


def of_file(path: Path, distinct: int) -> tuple[KnownItem, ...]:
    """Return the first rows of a data file, the most frequent first.

    Raises:
        HarnessError: when it cannot be read, or has fewer rows than are asked for.
    """
    rows = read_rows(path, distinct)
    if len(rows) < distinct:
        raise HarnessError(f"{path} has {len(rows)} rows, not {distinct}", hint="lower workload.queries.distinct")
    return tuple(KnownItem(row.get(QUERY, ""), _relevant(row, path), row) for row in rows)


def _relevant(row: Row, path: Path) -> tuple[str, ...]:
    if RELEVANT not in row:
        return (row[DOCUMENT],) if row.get(DOCUMENT) else ()
    try:
        listed = json.loads(row[RELEVANT])
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        what = f"{path}: {row[RELEVANT][:40]!r} is not a list of documents"
        raise HarnessError(what, hint='write the column relevant as a JSON list: ["d1", "d2"]')
    return tuple(str(its) for its in listed)


def save(items: Sequence[KnownItem], path: Path) -> str:
    """Write the queries, one JSON line each in order of rank, and return the file's sha256."""
    content = b"".join(orjson.dumps(its.to_json()) + b"\n" for its in items)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load_some(path: Path) -> tuple[KnownItem, ...]:
    """Read what `save` wrote; nothing where the workload needs no queries, and none were saved.

    Raises:
        HarnessError: when the file is broken.
    """
    return load(path) if path.exists() else ()


def load(path: Path) -> tuple[KnownItem, ...]:
    """Read what `save` wrote.

    Raises:
        HarnessError: when the file is missing or broken.
    """
    notes: list[str] = []
    rows = list(read_lines(path, notes))
    try:
        items = tuple(KnownItem.from_json(row) for row in rows)
    except KeyError as error:
        raise HarnessError(f"{path}: a line has no {error}", hint="each line needs query and document_id") from error
    if notes or not items:
        raise HarnessError(f"{path} cannot be read as queries: {'; '.join(notes) or 'it has none'}")
    return items
