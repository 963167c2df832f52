"""KnownItem: a query whose relevant document is known, because the query was taken from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

from loadtests.lines import read_lines
from scenarios.errors import HarnessError

MIN_WORDS = 4  # shorter titles ("Return self.") name no document in particular
MAX_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A query and the id of the document it was taken from."""

    query: str
    document_id: str


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
    return tuple(KnownItem(title, identity) for title, identity in usable[:distinct])


def save(items: Sequence[KnownItem], path: Path) -> str:
    """Write the queries, one JSON line each in order of rank, and return the file's sha256."""
    content = b"".join(orjson.dumps({"query": its.query, "document_id": its.document_id}) + b"\n" for its in items)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(path: Path) -> tuple[KnownItem, ...]:
    """Read what `save` wrote.

    Raises:
        HarnessError: when the file is missing or broken.
    """
    notes: list[str] = []
    rows = list(read_lines(path, notes))
    try:
        items = tuple(KnownItem(str(row["query"]), str(row["document_id"])) for row in rows)
    except KeyError as error:
        raise HarnessError(f"{path}: a line has no {error}", hint="each line needs query and document_id") from error
    if notes or not items:
        raise HarnessError(f"{path} cannot be read as queries: {'; '.join(notes) or 'it has none'}")
    return items
