"""Specs: which embedder and which index, with their switches; cheap to read and to hand to another process."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Which embedder, and how many tokens of a text it reads; `model` is the folder of those that are a folder."""

    name: str
    max_tokens: int
    model: str = ""

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ValueError(f"an embedder must read at least one token, got {self.max_tokens}")


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """Where a Qdrant server is, what it asks for, and how long one of its answers may take."""

    url: str = ""
    api_key: str = field(default="", repr=False)
    timeout_s: int = 2


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """Which index, how it is built, and how it is searched.

    Building: `m` links per node, `ef_construct` candidates, a plain scan below `full_scan_kb` of vectors, codes made
    by `quantisation`, the full vectors placed in `memory`. Searching: `ef` candidates when none are asked for, and of
    those found by codes `oversampling` times as many as wanted scored again by the full vectors if `rescore`.
    """

    name: str
    m: int = 16
    ef_construct: int = 128
    ef: int = 64
    full_scan_kb: int = 10
    quantisation: str = "int8"
    rescore: bool = True
    oversampling: float = 2.0
    memory: str = "cached"
    server: ServerSpec = ServerSpec()

    def built_from(self) -> dict[str, Any]:
        """Return what the files of the index depend on besides vectors and library; the rest only steers a search."""
        graph = {name: getattr(self, name) for name in ("m", "ef_construct", "full_scan_kb", "quantisation", "memory")}
        return {"index": self.name, **({} if self.name == "exact" else graph)}

    def told(self) -> dict[str, Any]:
        """Return the switches in force, for people."""
        if self.name == "exact":
            return {}
        return {its.name: getattr(self, its.name) for its in fields(self) if its.name not in ("name", "server")}


@dataclass(frozen=True, slots=True)
class KeywordSpec:
    """Which keyword index; `k1` is how soon more of the same word counts no more, `b` how much length counts."""

    name: str
    k1: float = 1.2
    b: float = 0.75
