"""The exact index: an inner product with every vector. Slow on many, always right: the other indexes' judge."""

from __future__ import annotations

import numpy as np

from target_stub.embedder import Vector, Vectors
from target_stub.index import Neighbours


class ExactIndex:
    """A float32 matrix, shape (n, dim); it may be a read-only memory map until something is added."""

    name = "exact"

    def __init__(self, vectors: Vectors) -> None:
        self._room = vectors
        self._used = vectors

    def __len__(self) -> int:
        return len(self._used)

    def search(self, vector: Vector, k: int, ef: int | None = None) -> Neighbours:  # noqa: ARG002 (of the promise)
        """Return the k rows with the largest inner product; `ef` has no meaning here."""
        scores = self._used @ vector
        k = min(k, len(scores))
        if k == 0:
            return []
        # everything that ties with the k-th best is looked at, so that the lower row wins wherever the cut falls
        kth_best = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= kth_best)
        best = candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
        return list(zip(best.tolist(), scores[best].tolist(), strict=True))

    def add(self, vectors: Vectors) -> None:
        """Append rows; the room grows by doubling, so that adding one by one stays cheap."""
        used = len(self._used)
        needed = used + len(vectors)
        if needed > len(self._room) or not self._room.flags.writeable:
            room = np.empty((max(needed, 2 * used), vectors.shape[1]), np.float32)
            room[:used] = self._used
            self._room = room
        self._room[used:needed] = vectors
        self._used = self._room[:needed]
