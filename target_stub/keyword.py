"""Keyword: the promise of scoring documents by the words they share with a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from target_stub.document import Document

Scores = npt.NDArray[np.float64]  # shape (rows,)


class KeywordIndex(Protocol):
    """Documents by row number, in the order of the collection; scoring changes nothing."""

    @property
    def name(self) -> str:
        """The name it is configured by."""
        ...

    def scores(self, text: str) -> Scores:
        """Return a score per row: above 0 where a document holds a word of the text, else 0."""
        ...

    def append(self, documents: Sequence[Document]) -> None:
        """Append rows, numbered on from the last; the next query finds them."""
        ...


def searchable(document: Document) -> str:
    """Return what a document is found by: its name, since people search for names, its title and its text."""
    return f"{document.id}\n{document.title}\n{document.text}"
