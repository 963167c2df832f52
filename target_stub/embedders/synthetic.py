"""The synthetic embedder: another one that takes longer, to stand for a slow model or a remote one.

`burn` spends processor time as a larger model on this machine would, without holding the GIL; `sleep` only waits, as
for another machine. The vectors are the wrapped embedder's own, so recall and answers stay what they are.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from target_stub.embedder import Embedder, Vectors

TOKEN = re.compile(r"\w+|[^\w\s]")  # words and signs; a word piece tokenizer makes about 1.3 of each word
BLOCK = bytes(65_536)  # some 40 us of hashing, which lets the GIL go for blocks above 2047 bytes


@dataclass(frozen=True, slots=True)
class ExtraTime:
    """What a call costs besides: a fixed part, and one for each token of each text."""

    fixed_s: float
    per_token_s: float
    kind: str  # burn or sleep

    def of(self, texts: Sequence[str], max_tokens: int) -> float:
        """Return the seconds for these texts, of each of which at most `max_tokens` count."""
        tokens = sum(min(len(TOKEN.findall(text)), max_tokens) for text in texts) if self.per_token_s else 0
        return self.fixed_s + self.per_token_s * tokens


def burn(duration_s: float) -> None:
    """Use so much processor time of this thread."""
    end_s = time.thread_time() + duration_s
    while time.thread_time() < end_s:
        hashlib.sha256(BLOCK)


class SyntheticEmbedder:
    """Spends the extra time, then embeds."""

    def __init__(
        self,
        embedder: Embedder,
        extra: ExtraTime,
        max_tokens: int,
        spend: Callable[[float], None] | None = None,
    ) -> None:
        self._embedder = embedder
        self._extra = extra
        self._max_tokens = max_tokens
        self._spend = spend or {"burn": burn, "sleep": time.sleep}[extra.kind]
        self.name = embedder.name
        self.dim = embedder.dim
        self.version = embedder.version  # the vectors are the same

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the wrapped embedder's rows, later."""
        self._spend(self._extra.of(texts, self._max_tokens))
        return self._embedder.embed(texts)
