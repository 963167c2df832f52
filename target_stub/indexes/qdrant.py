"""The Qdrant index: an HNSW graph over int8 codes, the best candidates scored again with the full vectors.

Qdrant's calls hold the GIL, so the graph is built by `prepare`, in a process that answers nobody; a search is shorter
than handing it to a thread would be. The files opened are never written to: vectors added later live beside them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import qdrant_edge as qdrant

from target_stub.embedder import Vector, Vectors
from target_stub.index import Neighbours
from target_stub.indexes.exact import ExactIndex
from target_stub.specs import IndexSpec

QUANTILE = 0.99  # the outermost 1 % of components is clipped, so that the int8 steps are spent on the others
OVERSAMPLING = 2.0  # candidates scored again per result: exact int8 scoring reaches recall 1.000 at 2
FULL_SCAN_KILOBYTES = 10  # the smallest Qdrant takes: with a graph at hand, always walk it
UPSERT_ROWS = 1000


def build_qdrant(folder: Path, vectors: Vectors, spec: IndexSpec, threads: int) -> None:
    """Write the graph over the vectors into an empty folder."""
    shard = qdrant.EdgeShard.create(str(folder), _config(vectors.shape[1], spec, threads))
    for start in range(0, len(vectors), UPSERT_ROWS):
        rows = vectors[start : start + UPSERT_ROWS]
        points = [qdrant.Point(start + offset, row.tolist(), {}) for offset, row in enumerate(rows)]
        shard.update(qdrant.UpdateOperation.upsert_points(points))
    shard.optimize()
    shard.flush()
    shard.close()
    qdrant.EdgeShard.load(str(folder)).close()  # the first load completes the config on disk; later ones leave it


def _config(dim: int, spec: IndexSpec, threads: int) -> qdrant.EdgeConfig:
    return qdrant.EdgeConfig(
        vectors=qdrant.EdgeVectorParams(
            size=dim,
            distance=qdrant.Distance.Dot,
            quantization_config=qdrant.ScalarQuantizationConfig(
                qdrant.ScalarType.Int8, QUANTILE, memory=qdrant.Memory.Pinned
            ),
            hnsw_config=qdrant.HnswIndexConfig(
                m=spec.m,
                ef_construct=spec.ef_construct,
                full_scan_threshold=FULL_SCAN_KILOBYTES,
                max_indexing_threads=threads,
            ),
        ),
        optimizers=qdrant.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        max_search_threads=1,
        wal_enabled=False,  # with it, a second process could not open the same files
    )


class QdrantIndex:
    """A graph on disk, opened for reading, and a small exact index of what was added since."""

    name = "qdrant"

    def __init__(self, folder: Path, rows: int, dim: int, ef: int) -> None:
        self._shard = qdrant.EdgeShard.load(str(folder))
        self._rows = rows
        self._added = ExactIndex(np.empty((0, dim), np.float32))
        self._ef = ef

    def __len__(self) -> int:
        return self._rows + len(self._added)

    def search(self, vector: Vector, k: int, ef: int | None = None) -> Neighbours:
        """Return about the k nearest rows; a larger `ef` finds more of the true ones and takes longer."""
        request = qdrant.QueryRequest(
            k,
            query=qdrant.Query.Nearest(vector.tolist()),
            params=qdrant.SearchParams(
                hnsw_ef=max(ef or self._ef, k),
                quantization=qdrant.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING),
            ),
            with_payload=False,
        )
        found = [(int(point.id), point.score) for point in self._shard.query(request)]
        if len(self._added):
            found += [(self._rows + row, score) for row, score in self._added.search(vector, k)]
        found.sort(key=_by_score)
        return found[:k]

    def add(self, vectors: Vectors) -> None:
        """Append rows to the exact part; its scan costs about 1 us for 25 of them."""
        self._added.add(vectors)


def _by_score(neighbour: tuple[int, float]) -> tuple[float, int]:
    return -neighbour[1], neighbour[0]
