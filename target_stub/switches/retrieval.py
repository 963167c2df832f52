"""Retrieval switches: what a search does unless it says otherwise, and what must be loaded for it."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class RetrievalSwitches:
    """Words, vectors, and the two together."""

    mode: str = switch("vector", "how a search finds, where it does not say", known=("vector", "keyword", "hybrid"))
    keyword: str = switch("bm25", "the index over words; without it, only mode vector is there", known=("off", "bm25"))
    keyword_k1: float = switch(1.2, "BM25's k1: how soon more of the same word counts no more", low=0, high=10)
    keyword_b: float = switch(0.75, "BM25's b: how much a document's length counts", low=0, high=1)
    candidates: int = switch(100, "documents that words and vectors each bring into a hybrid search", low=10, high=1000)
    fusion: str = switch("convex", "how a hybrid search becomes one ranking", known=("convex", "rrf"))
    fusion_weight: float = switch(0.3, "the vectors' share in a hybrid search", low=0, high=1)
    rrf_k: int = switch(60, "k of reciprocal rank fusion", low=1, high=1000)
    rerank: str = switch("off", "what ranks the best again; minilm is a transformer", known=("off", "minilm"))
    rerank_depth: int = switch(50, "how many are ranked again where a search does not say", low=1, high=200)
    rerank_weight: float = switch(0.5, "the better model's share when ranking again", low=0, high=1)
    stream_heartbeat_s: float = switch(
        15.0, "a stream without an event for so long sends a comment", low=0.01, high=600
    )
