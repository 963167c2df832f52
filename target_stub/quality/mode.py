"""Mode: a way of searching that is measured: which query it makes, and what must be loaded for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from target_stub.fusion import Fusion

DEPTH = 10
WORDS = "keyword (BM25)"
RERANKED = "hybrid + rerank (minilm)"


@dataclass(frozen=True, slots=True)
class Mode:
    """A name for people, the fields of its queries, and the embedder of the vectors that it searches."""

    name: str
    asked: Mapping[str, Any]
    embedder: str = "static"
    alone: bool = False  # one ranking alone: what the combined ones are held against
    needs_minilm: bool = field(default=False)


# the last is the fusion with the static embedder, of which the best 50 are ranked again
MODES = (
    Mode(WORDS, {"mode": "keyword"}, alone=True),
    Mode("vector (static)", {"mode": "vector"}, alone=True),
    Mode("vector (minilm)", {"mode": "vector"}, "minilm", alone=True, needs_minilm=True),
    Mode("hybrid (static, convex 0.3)", {"mode": "hybrid", "fusion": Fusion("convex", 0.3)}),
    Mode("hybrid (static, rrf 60)", {"mode": "hybrid", "fusion": Fusion("rrf", 0.5, 60)}),
    Mode("hybrid (minilm, convex 0.5)", {"mode": "hybrid", "fusion": Fusion("convex", 0.5)}, "minilm", False, True),
    Mode("hybrid (minilm, rrf 60)", {"mode": "hybrid", "fusion": Fusion("rrf", 0.5, 60)}, "minilm", False, True),
    Mode(
        RERANKED,
        {"mode": "hybrid", "fusion": Fusion("convex", 0.3), "rerank": 50},
        needs_minilm=True,
    ),
)
