"""The exact index: an inner product with every vector. Slow on many, always right: the other indexes' judge."""

from __future__ import annotations

import numpy as np

from target_stub.embedder import Vector, Vectors
from target_stub.filter import Filter
from target_stub.index import Neighbours
from target_stub.table import Numbers, Table

GATHERED_SHARE = 0.25  # below, copying the rows that may be found is quicker than scoring all of them


class ExactIndex:
    """Compares with every row of the table."""

    name = "exact"

    def __init__(self, table: Table) -> None:
        self._table = table

    def search(
        self,
        vector: Vector,
        k: int,
        ef: int | None = None,  # noqa: ARG002 (of the promise)
        where: Filter | None = None,
    ) -> Neighbours:
        """Return the k rows with the largest inner product; `ef` has no meaning here."""
        rows = self._table.rows
        selection = rows.selection(where)
        return scan(rows.vectors, vector, k, None if selection is None else selection.numbers)


def scan(vectors: Vectors, vector: Vector, k: int, numbers: Numbers | None = None, first: int = 0) -> Neighbours:
    """Return the k best of the vectors by comparing with each.

    Args:
        vectors: shape (n, dim).
        vector: shape (dim,).
        k: how many.
        numbers: the row numbers to look at, ascending; None for all from `first` on.
        first: the first row to look at; what `numbers` holds below it is left out.
    """
    if numbers is None:
        scores = vectors[first:] @ vector
        return [(first + row, score) for row, score in _best(scores, k)] if first else _best(scores, k)
    if first:
        numbers = numbers[np.searchsorted(numbers, first) :]
    gathered = len(numbers) < GATHERED_SHARE * len(vectors)
    scores = vectors[numbers] @ vector if gathered else (vectors @ vector)[numbers]
    best = _best(scores, k)
    return list(zip(numbers[[place for place, _ in best]].tolist(), [score for _, score in best], strict=True))


def _best(scores: Vector, k: int) -> Neighbours:
    """Return the places of the k largest scores; of equal ones the lower place first."""
    k = min(k, len(scores))
    if k == 0:
        return []
    # everything that ties with the k-th best is looked at, so that the lower row wins wherever the cut falls
    kth_best = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= kth_best)
    best = candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
    return list(zip(best.tolist(), scores[best].tolist(), strict=True))
