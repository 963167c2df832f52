"""Words: from a text to the numbers of its words, as keyword search counts them; the language is the library's part.

Qdrant's tokenizer for code keeps `parse_datetime` and also cuts it into `parse` and `datetime`; letters are lowered and
lose their accents, words of one stem are one, and English words that are everywhere ("the") are left out. On the
standard library this finds more than its tokenizer for prose (known-item MRR@10 .534 against .518).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import qdrant_edge as qdrant

Numbers = npt.NDArray[np.int64]  # shape (words,)
Counts = npt.NDArray[np.float32]  # shape (words,)

SATURATION = 1.2  # of the weights that the library gives; any value would do, since they are turned back into counts
KEPT_WORDS = 200_000  # whose numbers are remembered; a corpus of 28 000 documents has 54 000
SPELLING = re.compile(r"\w+")


class Words:
    """The words of texts as numbers; equal numbers mean words of one stem."""

    def __init__(self) -> None:
        code = qdrant.TokenizerType.Code
        self._model = qdrant.Bm25(
            qdrant.Bm25Config(k=SATURATION, b=0.0, tokenizer=code, language="english", ascii_folding=True)
        )
        self._known: dict[str, frozenset[int]] = {}

    def counted(self, text: str) -> tuple[Numbers, Counts]:
        """Return the distinct words of a document and how often each is in it."""
        found = self._model.embed_document(text)
        weights = np.array(found.values, np.float32)
        # the library gives count * (k + 1) / (count + k) where b is 0: this is its inverse
        return np.array(found.indices, np.int64), np.rint(weights * SATURATION / (SATURATION + 1 - weights))

    def asked(self, text: str) -> Numbers:
        """Return the distinct words of a query; none for one of signs and everyday words only."""
        return np.array(self._model.embed_query(text).indices, np.int64)

    def spellings(self, text: str, wanted: frozenset[int]) -> dict[str, frozenset[int]]:
        """Return the spellings in a text that mean any of the wanted words, each with those that it means."""
        if len(self._known) > KEPT_WORDS:
            self._known.clear()
        return dict(self._meaning(set(SPELLING.findall(text)), wanted))

    def _meaning(self, spellings: Iterable[str], wanted: frozenset[int]) -> Iterable[tuple[str, frozenset[int]]]:
        for spelling in spellings:
            meant = self._known.get(spelling)
            if meant is None:
                meant = self._known[spelling] = frozenset(self._model.embed_query(spelling).indices)
            if not wanted.isdisjoint(meant):
                yield spelling, meant & wanted
