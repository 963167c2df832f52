"""Index: the promise of finding the nearest vectors."""

from __future__ import annotations

from typing import Protocol

from target_stub.embedder import Vector, Vectors

Neighbours = list[tuple[int, float]]
"""Row numbers with their scores (inner products), best first; of equal scores the lower row first."""


class Index(Protocol):
    """Vectors by row number. Searching changes nothing; added vectors can be found at once."""

    @property
    def name(self) -> str:
        """The name it is configured by."""
        ...

    def __len__(self) -> int:
        """Return the number of vectors."""
        ...

    def search(self, vector: Vector, k: int, ef: int | None = None) -> Neighbours:
        """Return the at most k rows with the largest inner product; `ef` trades time for recall where approximate."""
        ...

    def add(self, vectors: Vectors) -> None:
        """Append rows, shape (n, dim), numbered on from the last."""
        ...
