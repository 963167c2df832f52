"""Collection: the documents, with the table of their vectors, the index over it and the exact one that judges it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedder import Vector, Vectors
from target_stub.errors import ConfigError
from target_stub.filter import Filter
from target_stub.index import Index, Neighbours
from target_stub.indexes.exact import ExactIndex
from target_stub.keyword import KeywordIndex
from target_stub.table import Table


class Collection:
    """Documents by row number. A change is made in all parts in one step, so a search sees all of it or nothing.

    `sha256` is that of the documents; `version` that of all that an answer depends on: the documents and what they
    are found by (`found_by` names the embedder's version and the index with its switches).
    """

    def __init__(
        self, corpus: Corpus, table: Table, index: Index, found_by: str, keywords: KeywordIndex | None = None
    ) -> None:
        if len(corpus.documents) != len(table):
            raise ConfigError(
                f"{len(corpus.documents)} documents do not fit a table of {len(table)} vectors",
                hint="run the prepare command again",
            )
        self.name = corpus.name
        self.sha256 = corpus.sha256
        self.index = index
        self.exact = index if isinstance(index, ExactIndex) else ExactIndex(table)
        self.table = table
        self.keywords = keywords
        self._found_by = found_by
        self._documents = list(corpus.documents)
        self._rows = {document.id: row for row, document in enumerate(corpus.documents)}
        self.version = self._version()

    def __len__(self) -> int:
        """Return how many documents can be found."""
        return len(self._rows)

    def __getitem__(self, row: int) -> Document:
        return self._documents[row]

    def get(self, document_id: str) -> Document | None:
        """Return the document of that id, if there is one."""
        row = self._rows.get(document_id)
        return None if row is None else self._documents[row]

    def page(self, start: int, limit: int) -> tuple[list[Document], int | None]:
        """Return up to `limit` documents from row `start`, and the row to go on from, None at the end.

        Rows never change, so nothing comes twice or is left out whatever is added or removed between two pages.
        """
        documents: list[Document] = []
        for row in range(start, len(self._documents)):
            document = self._documents[row]
            if self._rows.get(document.id) == row:
                if len(documents) == limit:
                    return documents, row
                documents.append(document)
        return documents, None

    def nearest(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Return the k nearest rows that the filter lets pass, by the exact scan if asked for, else by the index."""
        return (self.exact if exact else self.index).search(vector, k, ef, where)

    def add(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """Append documents whose ids are new, with their vectors, shape (n, dim).

        Raises:
            ValueError: when an id is taken already.
        """
        ids = [document.id for document in documents]
        if len({*ids}) < len(ids) or self._rows.keys() & {*ids}:
            raise ValueError("an id is taken already")
        start = len(self._documents)
        self._documents += documents  # first: a row that is found must have its document
        if self.keywords is not None:
            self.keywords.append(documents)
        self.table.append(vectors, [document.label for document in documents])
        self._rows.update(zip(ids, range(start, start + len(ids)), strict=True))
        self._changed(b"".join(msgspec.json.encode(document) + b"\n" for document in documents))

    def remove(self, ids: Sequence[str]) -> int:
        """Take out the documents of these ids, and return how many were there; their rows are not used again."""
        rows = {document_id: self._rows[document_id] for document_id in ids if document_id in self._rows}
        if rows:
            self.table.remove(list(rows.values()))
            for document_id in rows:
                del self._rows[document_id]
            self._changed(b"".join(f"removed {document_id}\n".encode() for document_id in rows))
        return len(rows)

    def _changed(self, how: bytes) -> None:
        self.sha256 = hashlib.sha256(self.sha256.encode() + how).hexdigest()
        self.version = self._version()

    def _version(self) -> str:
        return hashlib.sha256(f"{self.sha256}\n{self._found_by}".encode()).hexdigest()
