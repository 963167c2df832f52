"""Faulty embedding: an embedding with the time that a fault adds to its stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from target_stub.embedding import Embedded, Embedding
from target_stub.faults.faults import Faults


class FaultyEmbedding:
    """Embeds as the embedding inside does, later where a fault says so."""

    def __init__(self, inside: Embedding, faults: Faults) -> None:
        self._inside = inside
        self._faults = faults

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts; the time added counts as the embedder's."""
        embedded = await self._inside.embed(texts)
        if self._faults.now is None:
            return embedded
        return replace(embedded, embed_s=embedded.embed_s + await self._faults.now.stage("embed"))

    def depth(self) -> int:
        """Return how many texts wait."""
        return self._inside.depth()

    def close(self) -> None:
        """Let go of what it holds."""
        self._inside.close()
