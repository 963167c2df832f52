"""The known indexes; the heavy imports stay inside their own case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from target_stub.embedder import Vectors
from target_stub.errors import ConfigError
from target_stub.index import Index
from target_stub.specs import IndexSpec
from target_stub.table import Label, Table

KNOWN = ("exact", "qdrant")


def build_index(spec: IndexSpec, vectors: Vectors, labels: Sequence[Label], folder: Path, threads: int) -> None:
    """Write what the index needs besides the table into an empty folder; an exact one needs nothing."""
    if spec.name == "qdrant":
        from target_stub.indexes.qdrant import build_qdrant

        build_qdrant(folder, vectors, labels, spec, threads)


def make_index(spec: IndexSpec, table: Table, folder: Path) -> Index:
    """Open the index that the spec names over a table; `folder` is what `build_index` filled from the same rows.

    Raises:
        ConfigError: when there is no such index.
    """
    match spec.name:
        case "exact":
            from target_stub.indexes.exact import ExactIndex

            return ExactIndex(table)
        case "qdrant":
            from target_stub.indexes.qdrant import QdrantIndex

            return QdrantIndex(folder, table, spec.ef)
        case _:
            raise ConfigError(f"there is no index {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
