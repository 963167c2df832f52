"""Index switches: how the nearest vectors are found."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import MEGABYTE, switch

INDEXES = ("exact", "qdrant", "usearch", "qdrant-server")
QUANTISATIONS = ("auto", "none", "bf16", "int8", "turbo", "binary")


@dataclass(frozen=True)
class IndexSwitches:
    """The index over the vectors."""

    index: str = switch(
        "qdrant",
        "exact compares with every document; qdrant (embedded), usearch and qdrant-server walk a graph",
        known=INDEXES,
    )
    index_m: int = switch(16, "links per node of the graph", low=4, high=128)
    index_ef_construct: int = switch(128, "candidates kept while building the graph", low=8, high=2048)
    index_ef: int = switch(64, "candidates kept while searching the graph; more find more, slower", low=1, high=4096)
    index_full_scan_kb: int = switch(
        10, "qdrant: kilobytes of vectors below which it scans instead of walking the graph", low=10, high=1_000_000
    )
    index_quantisation: str = switch(
        "int8", "codes searched instead of full vectors; auto chooses by size, rate and memory", known=QUANTISATIONS
    )
    index_rescore: bool = switch(True, "score what the codes found again by the full vectors")
    index_oversampling: float = switch(2.0, "candidates scored again for each result wanted", low=1, high=100)
    index_memory: str = switch(
        "cached",
        "where full vectors are: pinned in memory, cached from disk, or cold on disk (usearch: read in, or mapped)",
        known=("pinned", "cached", "cold"),
    )
    index_rate_per_s: float = switch(100.0, "searches a second to expect, for auto", low=0, high=1_000_000)
    index_memory_budget_bytes: int = switch(
        0, "memory that the index may take, for auto; 0: half of the machine's", low=0, high=1_000_000 * MEGABYTE
    )
    index_threads: int = switch(
        0, "threads to search in; 0: in the event loop (qdrant-server: 8), right for qdrant", low=0, high=64
    )
    shadow_share: float = switch(
        0.0, "share of the computed searches asked again of the exact scan, to measure recall", low=0, high=1
    )
    qdrant_url: str = switch("", "qdrant-server: its address, such as http://127.0.0.1:6333")
    qdrant_api_key: str = switch("", "qdrant-server: its API key; better in the environment than a flag", secret=True)
    qdrant_timeout_s: int = switch(2, "qdrant-server: how long one answer may take", low=1, high=60)
