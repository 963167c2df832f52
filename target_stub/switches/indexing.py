"""Index switches: how the nearest vectors are found."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class IndexSwitches:
    """The index over the vectors."""

    index: str = switch("qdrant", "exact compares with every document, qdrant walks a graph", known=("exact", "qdrant"))
    index_m: int = switch(16, "links per node of the graph", low=4, high=128)
    index_ef_construct: int = switch(128, "candidates kept while building the graph", low=8, high=2048)
    index_ef: int = switch(64, "candidates kept while searching the graph; more find more, slower", low=1, high=4096)
    index_threads: int = switch(0, "threads to search in; 0: in the event loop, right for qdrant", low=0, high=64)
