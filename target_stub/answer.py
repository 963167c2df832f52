"""Answer: the encoded body of a search, with what is known of how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson

from target_stub.collection import Collection
from target_stub.index import Neighbours

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


def encode_results(collection: Collection, neighbours: Neighbours, *, k: int, mode: str, index: str) -> bytes:
    """Return the answer's JSON, best result first."""
    results = []
    for row, score in neighbours:
        document = collection[row]
        results.append(
            {
                "id": document.id,
                "score": round(score, SCORE_DIGITS),
                "title": document.title,
                "package": document.package,
                "kind": document.kind,
            }
        )
    return orjson.dumps({"results": results, "k": k, "mode": mode, "index": index, "corpus": collection.sha256})


def nothing_found(body: bytes) -> bool:
    """Return whether an encoded answer has no result."""
    return body.startswith(NOTHING_FOUND)
