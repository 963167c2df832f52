"""Embedder: the promise of turning texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]  # shape (dim,)
Vectors = npt.NDArray[np.float32]  # shape (n, dim), C order


class Embedder(Protocol):
    """Turns texts into unit vectors, so that an inner product is a cosine."""

    @property
    def name(self) -> str:
        """The name it is configured by."""
        ...

    @property
    def dim(self) -> int:
        """The length of a vector."""
        ...

    @property
    def version(self) -> str:
        """What vectors depend on besides the text: weights and settings. Vectors of two versions do not compare."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, shape (len(texts), dim): of length 1, or all zeros if no token is known."""
        ...


def unit_rows(rows: Vectors) -> Vectors:
    """Scale each row in place to length 1, and return them; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    rows /= lengths
    return rows
