"""The static embedder: the mean of word-piece vectors from a fixed table, weighted by how rare each piece is here.

Table and tokenizer are read straight from the files of the `wordllama` wheel: its own `load()` looks in a folder that
does not exist and goes to the network, and importing the package reconfigures logging.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from target_stub.embedder import Vector, Vectors, unit_rows
from target_stub.errors import ConfigError

SMOOTHING = 1e-3  # "a" of SIF, Arora, Liang & Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings"
BATCH = 512
WEIGHTS_FILE = "token_weights.npy"


def weights_version() -> str:
    """Return the version of the package that carries the table."""
    _package_folder()
    return f"wordllama-{importlib.metadata.version('wordllama')}"


def _package_folder() -> Path:
    """Find the package's folder without importing it."""
    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "the static embedder reads the table of the package wordllama, which is not installed",
            hint="pip install wordllama, or choose --embedder hashing",
        )
    return Path(spec.submodule_search_locations[0])


def _tokenizer(max_tokens: int) -> Any:
    tokenizer = Tokenizer.from_file(str(_package_folder() / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _table() -> Vectors:
    """Return the vectors of all word pieces, shape (32000, 256)."""
    weights = load_file(str(_package_folder() / "weights" / "l2_supercat_256.safetensors"))
    return weights["embedding.weight"].astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TokenWeights:
    """What is learnt from a corpus: a weight per word piece, shape (pieces,); rare pieces weigh up to 1."""

    weights: Vector

    @classmethod
    def fit(cls, passages: Sequence[str], max_tokens: int) -> TokenWeights:
        """Weight each piece by a / (a + its share of all pieces).

        The second step of SIF, taking out the common direction, is left out: on these corpora it changes nothing
        (known-item MRR@10 .362 with it, .361 without, .336 without weights).
        """
        tokenizer = _tokenizer(max_tokens)
        counts = np.zeros(tokenizer.get_vocab_size(), np.float64)
        for start in range(0, len(passages), BATCH):
            for encoding in tokenizer.encode_batch(list(passages[start : start + BATCH]), add_special_tokens=False):
                np.add.at(counts, encoding.ids, 1)
        return cls((SMOOTHING / (SMOOTHING + counts / max(1, counts.sum()))).astype(np.float32))

    def save(self, folder: Path) -> None:
        """Write the weights into the folder."""
        np.save(folder / WEIGHTS_FILE, self.weights)

    @classmethod
    def load(cls, folder: Path) -> TokenWeights:
        """Read what `save` wrote."""
        return cls(np.load(folder / WEIGHTS_FILE))


class StaticEmbedder:
    """Smooth inverse frequency embedding: no transformer, some 30 us a query."""

    name = "static"

    def __init__(self, max_tokens: int, learnt: TokenWeights) -> None:
        self._tokenizer = _tokenizer(max_tokens)
        self._weighted = _table() * learnt.weights[:, None]
        self.dim = int(self._weighted.shape[1])
        self.version = f"static-{weights_version()}-t{max_tokens}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; an empty text is a row of zeros."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, encoding in zip(rows, self._tokenizer.encode_batch(texts, add_special_tokens=False), strict=True):
            if encoding.ids:
                row[:] = self._weighted[encoding.ids].sum(0)
        return unit_rows(rows)
