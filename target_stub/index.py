"""Index: the promise of finding the nearest vectors, and the switches that shape one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from target_stub.embedder import Vector, Vectors

Neighbours = list[tuple[int, float]]
"""Row numbers with their scores (inner products), best first; of equal scores the lower row first."""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """Which index, and how its graph is built; `ef` is how many candidates a search keeps when none is asked for."""

    name: str
    m: int = 16
    ef_construct: int = 128
    ef: int = 64


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
