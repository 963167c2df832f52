"""Keeping: finished answers to simple questions, for a while, bounded in bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from cachetools import TTLCache

from target_stub.answering.events import Done, Sources

ENTRY_BYTES = 1500  # key, events, stages and links, besides the texts
CITED_BYTES = 400


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer."""

    sources: Sources
    text: str
    done: Done


class KeptAnswers:
    """Answers by all that they depend on; the least recently used go first."""

    def __init__(self, max_bytes: int, ttl_s: float, timer: Callable[[], float] = time.monotonic) -> None:
        self._answers: TTLCache[Hashable, Kept] = TTLCache(max_bytes, ttl_s, timer, _bytes)

    def get(self, key: Hashable) -> Kept | None:
        """Return the answer, or None when it is not there or too old."""
        found: Kept | None = self._answers.get(key)
        return found

    def put(self, key: Hashable, kept: Kept) -> None:
        """Keep an answer, unless it alone would be larger than the cache."""
        if _bytes(kept) <= self._answers.maxsize:
            self._answers[key] = kept

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()

    def __len__(self) -> int:
        return len(self._answers)


def _bytes(kept: Kept) -> int:
    return ENTRY_BYTES + 2 * len(kept.text) + CITED_BYTES * len(kept.sources.cited)
