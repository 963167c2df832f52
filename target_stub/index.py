"""Index: the promise of finding the nearest vectors of a table."""

from __future__ import annotations

from typing import Protocol

from target_stub.embedder import Vector
from target_stub.filter import Filter

Neighbours = list[tuple[int, float]]
"""Row numbers with their scores (inner products), best first; of equal scores the lower row first."""


class IndexUnusableError(Exception):
    """The files, or the server's collection, of an index cannot be searched: they are to be made again."""


class Index(Protocol):
    """A way to search a table. Searching changes nothing; what is appended to the table is found at once."""

    @property
    def name(self) -> str:
        """The name it is configured by."""
        ...

    def search(self, vector: Vector, k: int, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        """Return the at most k rows with the largest inner product among those that the filter lets pass.

        `ef` trades time for recall where the index is approximate; rows taken out of the table are never found.
        """
        ...


def best_of(found: Neighbours, k: int) -> Neighbours:
    """Return the k best in the order that the promise states."""
    return sorted(found, key=_by_score)[:k]


def _by_score(neighbour: tuple[int, float]) -> tuple[float, int]:
    return -neighbour[1], neighbour[0]
