"""Collection: the documents, with the index over their vectors and the exact one that judges it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedder import Vector, Vectors
from target_stub.errors import ConfigError
from target_stub.index import Index, Neighbours
from target_stub.indexes.exact import ExactIndex


class Collection:
    """Documents by row number. Adding changes all parts in one step, so a search sees all of it or nothing."""

    def __init__(self, corpus: Corpus, index: Index, exact: ExactIndex) -> None:
        if not len(corpus.documents) == len(index) == len(exact):
            raise ConfigError(
                f"{len(corpus.documents)} documents do not fit an index over {len(index)} and {len(exact)} vectors",
                hint="run the prepare command again",
            )
        self.name = corpus.name
        self.sha256 = corpus.sha256
        self.index = index
        self._exact = exact
        self._documents = list(corpus.documents)
        self._rows = {document.id: row for row, document in enumerate(corpus.documents)}

    def __len__(self) -> int:
        return len(self._documents)

    def __getitem__(self, row: int) -> Document:
        return self._documents[row]

    def get(self, document_id: str) -> Document | None:
        """Return the document of that id, if there is one."""
        row = self._rows.get(document_id)
        return None if row is None else self._documents[row]

    def page(self, start: int, limit: int) -> Sequence[Document]:
        """Return up to `limit` documents from row `start`; rows never change."""
        return self._documents[start : start + limit]

    def nearest(self, vector: Vector, k: int, *, exact: bool, ef: int | None) -> Neighbours:
        """Return the k nearest rows, by the exact scan if asked for, else by the index."""
        return self._exact.search(vector, k) if exact else self.index.search(vector, k, ef)

    def add(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """Append documents whose ids are new, with their vectors, shape (n, dim).

        Raises:
            ValueError: when an id is taken already.
        """
        ids = [document.id for document in documents]
        if len({*ids}) < len(ids) or self._rows.keys() & {*ids}:
            raise ValueError("an id is taken already")
        for index in dict.fromkeys((self.index, self._exact)):  # they are one and the same where the index is exact
            index.add(vectors)
        self._rows.update(zip(ids, range(len(self._documents), len(self._documents) + len(ids)), strict=True))
        self._documents += documents
        added = b"".join(msgspec.json.encode(document) + b"\n" for document in documents)
        self.sha256 = hashlib.sha256(self.sha256.encode() + added).hexdigest()
