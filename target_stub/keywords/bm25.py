"""BM25: the keyword index that weighs a word by how rare it is, how often a document has it, and how long that is.

One pass over the postings of a query's words scores every document, so that a filter is a mask, a facet a count, and
fusion knows the score of what only the vectors found. What is appended lives in parts of its own, the smaller ones
merged as they grow, and counts in how rare a word is from the next query on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from target_stub.document import Document
from target_stub.keyword import Scores, searchable
from target_stub.postings import Postings
from target_stub.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Postings with the number of their first row, and the share of each in a score but for its word's rarity."""

    postings: Postings
    first_row: int
    shares: Scores


class Bm25Index:
    """Okapi BM25 as Lucene has it: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), Robertson & Zaragoza 2009, section 3.4.

    Rows that were taken out of the collection still count in N, n and the mean length, as in Lucene until a merge.
    """

    name = "bm25"

    def __init__(self, postings: Postings, *, k1: float, b: float, language: Words | None = None) -> None:
        self.language = language or Words()
        self._k1, self._b = k1, b
        self._mean_length = float(postings.lengths.mean()) if len(postings.lengths) else 0.0
        self._parts = [self._part(postings, 0)]
        self._rows = len(postings.lengths)

    def _part(self, postings: Postings, first_row: int) -> _Part:
        lengths = postings.lengths[postings.rows] / (self._mean_length or 1.0)
        counts = postings.counts
        shares = counts * (self._k1 + 1) / (counts + self._k1 * (1 - self._b + self._b * lengths))
        return _Part(postings, first_row, shares.astype(np.float64))

    def scores(self, text: str) -> Scores:
        """Return the sum of idf * share over the words of the text, for each row."""
        words = self.language.asked(text)
        slices = [part.postings.slices(words) for part in self._parts]
        rows, scores = [], []
        for found in zip(*slices, strict=True):
            there = [(part, its) for part, its in zip(self._parts, found, strict=True) if its is not None]
            holding = sum(its.stop - its.start for _, its in there)
            idf = np.log1p((self._rows - holding + 0.5) / (holding + 0.5))
            for part, its in there:
                numbers = part.postings.rows[its]
                rows.append(numbers + part.first_row if part.first_row else numbers)
                scores.append(part.shares[its] * idf)
        if not rows:
            return np.zeros(self._rows)
        return np.bincount(np.concatenate(rows), np.concatenate(scores), self._rows).astype(np.float64, copy=False)

    def append(self, documents: Sequence[Document]) -> None:
        """Add a part, and merge the last two while the one before is not at least twice as large."""
        new = Postings.of((searchable(document) for document in documents), self.language)
        first_row, self._rows = self._rows, self._rows + len(documents)
        parts = [*self._parts, self._part(new, first_row)]
        while len(parts) > 1 and len(parts[-2].postings) < 2 * len(parts[-1].postings):
            *parts, former, latter = parts
            parts.append(self._part(Postings.joined([former.postings, latter.postings]), former.first_row))
        self._parts = parts
