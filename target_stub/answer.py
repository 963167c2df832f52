"""Answer: the encoded body of a search, with what is known of how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from target_stub.collection import Collection
from target_stub.index import Neighbours
from target_stub.query import Query
from target_stub.snippet import Snippets
from target_stub.words import Words

SCORE_DIGITS = 6  # float32 knows no more
NOTHING_FOUND = b'{"results":[]'


class CacheResult(StrEnum):
    """What the cache did for a search."""

    HIT = "hit"
    HIT_L2 = "hit-l2"  # in the second level, which takes a while to ask
    MISS = "miss"
    COALESCED = "coalesced"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished search: JSON bytes, and the seconds spent in each stage that happened, in their order."""

    body: bytes
    cache: CacheResult
    stages_s: Mapping[str, float]


class Shown:
    """Turns rows into what an answer tells of them."""

    def __init__(self, collection: Collection, query: Query, words: Words | None) -> None:
        self._collection = collection
        self._query = query
        self._snippets = None if words is None else Snippets(query.text, words)

    def results(self, page: Neighbours) -> list[dict[str, Any]]:
        """Return a result per row, in the page's order."""
        return [self._result(row, score) for row, score in page]

    def _result(self, row: int, score: float) -> dict[str, Any]:
        document = self._collection[row]
        result: dict[str, Any] = {
            "id": document.id,
            "score": round(score, SCORE_DIGITS),
            "title": document.title,
            "package": document.package,
            "kind": document.kind,
        }
        if self._snippets is not None:
            title, text = self._snippets.marked(document.title), self._snippets.best(document.text)
            result["snippet"] = {"title": title, "text": text}
        if self._query.with_text:
            result["text"] = document.text
        return result


def encode_page(
    collection: Collection,
    query: Query,
    results: Sequence[Mapping[str, Any]],
    cursor: str | None,
    facets: Mapping[str, Any] | None,
) -> bytes:
    """Return the answer's JSON, best result first."""
    index = "bm25" if query.mode == "keyword" else "exact" if query.exact else collection.index.name
    told = {"results": results, "k": query.k, "mode": query.mode, "index": index, "corpus": collection.sha256}
    told["next"] = cursor
    if facets is not None:
        told["facets"] = facets
    return orjson.dumps(told)


def nothing_found(body: bytes) -> bool:
    """Return whether an encoded answer has no result."""
    return body.startswith(NOTHING_FOUND)
