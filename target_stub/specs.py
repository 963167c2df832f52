"""Specs: which embedder and which index, with their switches; cheap to read and to hand to another process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Which embedder, and how many tokens of a text it reads."""

    name: str
    max_tokens: int

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ValueError(f"an embedder must read at least one token, got {self.max_tokens}")


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """Which index, and how its graph is built; `ef` is how many candidates a search keeps when none is asked for."""

    name: str
    m: int = 16
    ef_construct: int = 128
    ef: int = 64


@dataclass(frozen=True, slots=True)
class KeywordSpec:
    """Which keyword index; `k1` is how soon more of the same word counts no more, `b` how much length counts."""

    name: str
    k1: float = 1.2
    b: float = 0.75
