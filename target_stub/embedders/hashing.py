"""The hashing embedder: signed feature hashing of words and their trigrams. No weights, for tests and tiny machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from zlib import crc32

import numpy as np

from target_stub.embedder import Vectors, unit_rows

DIM = 256
TRIGRAM_WEIGHT = 0.35  # a word of seven letters then counts about three times its own feature: typos still match
WORD = re.compile(r"\w+")


def weights_version() -> str:
    """Return the version of the hashing scheme."""
    return "crc32-1"


class HashingEmbedder:
    """Adds or subtracts one at the hash of each word and trigram (Weinberger et al. 2009)."""

    name = "hashing"
    dim = DIM

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self.version = f"hashing-{weights_version()}-t{max_tokens}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; a text without letters or digits is a row of zeros."""
        rows = np.zeros((len(texts), DIM), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in self._features(text):
                code = crc32(feature.encode(errors="replace"))
                row[(code >> 1) % DIM] += weight if code & 1 else -weight
        return unit_rows(rows)

    def _features(self, text: str) -> Iterator[tuple[str, float]]:
        for match in islice(WORD.finditer(text.lower()), self._max_tokens):
            word = match[0]
            yield word, 1.0
            padded = f"<{word}>"
            yield from ((padded[start : start + 3], TRIGRAM_WEIGHT) for start in range(len(word)))
