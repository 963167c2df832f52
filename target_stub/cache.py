"""Cache: what a finished, encoded answer is kept under, and the promise of keeping it in this process for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Protocol

import msgspec

from target_stub.query import Query

DIGEST_BYTES = 16


class CacheKey(NamedTuple):
    """All that an answer depends on: what is asked, what it is answered from, and for whom if that matters.

    `version` changes with documents, embedder and index, so an older answer is never found again.
    """

    query: Query
    version: str
    user: str = ""


WHAT_IS_ASKED = tuple(its.name for its in fields(Query) if its.compare)
"""The fields of a query that are in its key: those that make two queries differ."""


def digest_of(key: CacheKey) -> bytes:
    """Return 16 bytes that are the same for equal keys in every process, and for no two others."""
    asked = [getattr(key.query, name) for name in WHAT_IS_ASKED]
    told = msgspec.json.encode([WHAT_IS_ASKED, asked, key.version, key.user], order="deterministic")
    return blake2b(told, digest_size=DIGEST_BYTES).digest()


class Origin(StrEnum):
    """Why an answer was computed."""

    REQUEST = "request"
    START = "start"  # among the most frequent ones, before anybody asked
    PREDICTED = "predicted"  # because it often follows what was just asked


@dataclass(frozen=True, slots=True)
class Selection:
    """Which answers to forget: those to one query's words, to words beginning so, or all."""

    query: str | None = None
    prefix: str | None = None

    def __post_init__(self) -> None:
        if self.query is not None and self.prefix is not None:
            raise ValueError("either one query or a prefix")

    @property
    def everything(self) -> bool:
        """Whether all answers are meant."""
        return self.query is None and self.prefix is None

    def matches(self, text: str) -> bool:
        """Return whether the answers to these words are meant."""
        if self.query is not None:
            return text == self.query
        return self.prefix is None or text.startswith(self.prefix)


Dropped = Callable[[str, int], None]
"""Called with a reason (`ttl` or `size`) and how many answers went for it."""


class Cache(Protocol):
    """Answers by key."""

    def get(self, key: CacheKey) -> bytes | None:
        """Return the answer, or None when it is not there or has grown too old."""
        ...

    def __contains__(self, key: CacheKey) -> bool:
        """Return whether the answer is there; that is no use of it."""
        ...

    def put(self, key: CacheKey, body: bytes, ttl_s: float, origin: Origin = Origin.REQUEST) -> None:
        """Keep an answer for this many seconds; others may go for it."""
        ...

    def forget(self, selection: Selection) -> int:
        """Forget these answers, and return how many there were."""
        ...

    def entries(self) -> int:
        """Return how many answers are kept."""
        ...

    def size_bytes(self) -> int:
        """Return how much memory they take."""
        ...
