"""Cache: the promise of keeping finished, encoded answers for a while."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class CacheKey(NamedTuple):
    """All that an answer depends on. `version` changes with the documents, so an older answer is never found again."""

    query: str
    k: int
    mode: str
    exact: bool
    ef: int | None
    version: str


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
