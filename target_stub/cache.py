"""Cache: the promise of keeping finished, encoded answers for a while."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple, Protocol

from target_stub.query import Query

LONG_QUERY_CHARS = 200  # longer ones are in their key by a hash, so that keys stay small beside the answers


class CacheKey(NamedTuple):
    """All that an answer depends on. `version` changes with the documents, so an older answer is never found again."""

    query: str
    k: int
    mode: str
    exact: bool
    ef: int | None
    version: str


def key_of(query: Query, version: str) -> CacheKey:
    """Return the key of a query's answer over documents of this version."""
    text = query.text
    if len(text) > LONG_QUERY_CHARS:
        text = blake2b(text.encode(), digest_size=32).hexdigest()
    return CacheKey(text, query.k, query.mode, query.exact, query.ef, version)


class Cache(Protocol):
    """Answers by key."""

    def get(self, key: CacheKey) -> bytes | None:
        """Return the answer, or None when it is not there or has grown too old."""
        ...

    def put(self, key: CacheKey, body: bytes) -> None:
        """Keep an answer; others may go for it."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def entries(self) -> int:
        """Return how many answers are kept."""
        ...
