"""Postings: which words are in which documents, and how often, ordered by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from target_stub.words import Counts, Numbers, Words

Lengths = npt.NDArray[np.float32]  # shape (documents,)
NO_NUMBERS: Numbers = np.empty(0, np.int64)
NO_COUNTS: Counts = np.empty(0, np.float32)
PARTS = ("words", "starts", "rows", "counts", "lengths")


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The postings of `words[i]`, ascending numbers, are `rows` and `counts` from `starts[i]` to `starts[i + 1]`.

    Rows are ascending within a word; `lengths` has each document's number of words.
    """

    words: Numbers
    starts: Numbers
    rows: Numbers
    counts: Counts
    lengths: Lengths

    @classmethod
    def of(cls, texts: Iterable[str], language: Words) -> Postings:
        """Return the postings of some texts, whose rows are their order."""
        counted = [language.counted(text) for text in texts]
        lengths = np.array([counts.sum() for _, counts in counted], np.float32)
        words = np.concatenate([NO_NUMBERS, *(words for words, _ in counted)])
        counts = np.concatenate([NO_COUNTS, *(counts for _, counts in counted)])
        rows = np.repeat(np.arange(len(counted), dtype=np.int64), [len(words) for words, _ in counted])
        return cls._ordered(words, rows, counts, lengths)

    @classmethod
    def joined(cls, parts: Sequence[Postings]) -> Postings:
        """Return the postings of all documents of the parts, rows numbered on from part to part."""
        firsts = np.cumsum([0, *(len(part.lengths) for part in parts)])
        words = np.concatenate([np.repeat(part.words, np.diff(part.starts)) for part in parts])
        rows = np.concatenate([part.rows + first for part, first in zip(parts, firsts, strict=False)])
        counts = np.concatenate([part.counts for part in parts])
        return cls._ordered(words, rows, counts, np.concatenate([part.lengths for part in parts]))

    @classmethod
    def _ordered(cls, words: Numbers, rows: Numbers, counts: Counts, lengths: Lengths) -> Postings:
        order = np.lexsort((rows, words))
        distinct, starts = np.unique(words[order], return_index=True)
        return cls(distinct, np.append(starts, len(order)).astype(np.int64), rows[order], counts[order], lengths)

    def __len__(self) -> int:
        """Return how many postings there are."""
        return len(self.rows)

    def slices(self, words: Numbers) -> list[slice | None]:
        """Return where the postings of each of these words are, None for a word that no document has."""
        if not len(self.words):
            return [None] * len(words)
        places = np.minimum(np.searchsorted(self.words, words), len(self.words) - 1)
        there = self.words[places] == words
        starts, ends = self.starts[places].tolist(), self.starts[places + 1].tolist()
        return [
            slice(*its) if known else None for its, known in zip(zip(starts, ends, strict=True), there, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write a file per part into the folder."""
        for name in PARTS:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Map what `save` wrote; pages are read when they are needed."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in PARTS))
