"""The known indexes; the heavy imports stay inside their own case."""

from __future__ import annotations

from pathlib import Path

from target_stub.embedder import Vectors
from target_stub.errors import ConfigError
from target_stub.index import Index
from target_stub.specs import IndexSpec

KNOWN = ("exact", "qdrant")


def build_index(spec: IndexSpec, vectors: Vectors, folder: Path, threads: int) -> None:
    """Write what the index needs besides the vectors into an empty folder; an exact one needs nothing."""
    if spec.name == "qdrant":
        from target_stub.indexes.qdrant import build_qdrant

        build_qdrant(folder, vectors, spec, threads)


def make_index(spec: IndexSpec, vectors: Vectors, folder: Path) -> Index:
    """Open the index that the spec names over the vectors, shape (n, dim); `folder` is what `build_index` filled.

    Raises:
        ConfigError: when there is no such index.
    """
    match spec.name:
        case "exact":
            from target_stub.indexes.exact import ExactIndex

            return ExactIndex(vectors)
        case "qdrant":
            from target_stub.indexes.qdrant import QdrantIndex

            return QdrantIndex(folder, len(vectors), vectors.shape[1], spec.ef)
        case _:
            raise ConfigError(f"there is no index {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
