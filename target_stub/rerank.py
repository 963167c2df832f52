"""Rerank: the promise of judging a few documents better than the first search did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from target_stub.document import Document
from target_stub.embedder import Vectors
from target_stub.embedding import Embedding
from target_stub.fusion import Scores


class Reranker(Protocol):
    """Says how well documents fit a query."""

    @property
    def weight(self) -> float:
        """Its share in the final score; the rest is the first search's."""
        ...

    async def similarities(self, text: str, rows: Sequence[int], documents: Sequence[Document]) -> Scores:
        """Return one number a document, larger is better; `rows` are the documents' rows."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class VectorReranker:
    """Compares with a better model's vectors, made beforehand; those of documents added since are made when needed."""

    def __init__(self, vectors: Vectors, embedding: Embedding, weight: float) -> None:
        self.weight = weight
        self._vectors = vectors
        self._embedding = embedding
        self._added: dict[int, npt.NDArray[np.float32]] = {}

    async def similarities(self, text: str, rows: Sequence[int], documents: Sequence[Document]) -> Scores:
        """Return the cosines of the query's and the documents' vectors."""
        known = len(self._vectors)
        new = {
            row: document.passage
            for row, document in zip(rows, documents, strict=True)
            if row >= known and row not in self._added
        }
        embedded = (await self._embedding.embed([text, *new.values()])).vectors
        self._added.update(zip(new, embedded[1:], strict=True))
        vectors = np.stack([self._vectors[row] if row < known else self._added[row] for row in rows])
        cosines: Scores = (vectors @ embedded[0]).astype(np.float64)
        return cosines

    def close(self) -> None:
        """Let the embedder's thread go."""
        self._embedding.close()
