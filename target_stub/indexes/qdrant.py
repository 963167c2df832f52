"""The Qdrant index: an HNSW graph over codes, the best candidates scored again with the full vectors.

Qdrant's calls hold the GIL, so the graph is built by `prepare`, in a process that answers nobody; a search is shorter
than handing it to a thread would be. Rows appended later are scanned: the graph on disk stays what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qdrant_edge as qdrant

from target_stub.embedder import Vector, Vectors
from target_stub.filter import Filter
from target_stub.index import IndexUnusableError, Neighbours, best_of
from target_stub.indexes.exact import scan
from target_stub.indexes.mirror import mirror_of
from target_stub.indexes.sieve import sieved
from target_stub.specs import IndexSpec
from target_stub.table import Label, Table

QUANTILE = 0.99  # the outermost 1 % of components is clipped, so that the int8 steps are spent on the others
UPSERT_ROWS = 1000
PACKAGE, KIND = "package", "kind"  # fields of a point's payload, each with an index
NEVER_WRITTEN = ("matrix.dat", "graph.bin", "links*.bin", "page_*.dat", "quantized.data")
"""The large files: opening leaves them alone (their times do not change), unlike flags and settings."""
MEMORY = {"pinned": qdrant.Memory.Pinned, "cached": qdrant.Memory.Cached, "cold": qdrant.Memory.Cold}


def build_qdrant(folder: Path, vectors: Vectors, labels: Sequence[Label], spec: IndexSpec, threads: int) -> None:
    """Write the graph over the vectors, and an index of their labels, into an empty folder."""
    shard = qdrant.EdgeShard.create(str(folder), _config(vectors.shape[1], spec, threads))
    for field in (PACKAGE, KIND):
        shard.update(qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Keyword))
    for start in range(0, len(vectors), UPSERT_ROWS):
        rows = vectors[start : start + UPSERT_ROWS]
        points = [
            qdrant.Point(number, row.tolist(), {PACKAGE: labels[number][0], KIND: labels[number][1]})
            for number, row in enumerate(rows, start)
        ]
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
            memory=MEMORY[spec.memory],
            quantization_config=_codes(spec.quantisation),
            hnsw_config=qdrant.HnswIndexConfig(
                m=spec.m,
                ef_construct=spec.ef_construct,
                full_scan_threshold=spec.full_scan_kb,
                max_indexing_threads=threads,
            ),
        ),
        optimizers=qdrant.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        max_search_threads=1,
        wal_enabled=False,  # with it, a second process could not open the same files
    )


def _codes(
    quantisation: str,
) -> qdrant.ScalarQuantizationConfig | qdrant.BinaryQuantizationConfig | qdrant.TurboQuantQuantizationConfig | None:
    """Return how codes are made; they are always pinned in memory, that is what they are for."""
    match quantisation:
        case "int8":
            return qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, QUANTILE, memory=qdrant.Memory.Pinned)
        case "binary":
            return qdrant.BinaryQuantizationConfig(memory=qdrant.Memory.Pinned)
        case "turbo":
            return qdrant.TurboQuantQuantizationConfig(memory=qdrant.Memory.Pinned)
        case _:
            return None


class QdrantIndex:
    """A graph on disk, opened for reading; the table's rows beyond it are compared one by one, 25 of them in 1 us."""

    name = "qdrant"

    def __init__(self, folder: Path, table: Table, spec: IndexSpec) -> None:
        try:
            with mirror_of(
                folder, NEVER_WRITTEN
            ) as its:  # opening writes files for a moment, which others would see as damage
                self._shard = qdrant.EdgeShard.load(str(its))
        except Exception as error:
            raise IndexUnusableError(f"Qdrant cannot open it: {error}") from error
        self._known = len(table)
        found = self._shard.count(qdrant.CountRequest())
        if found != self._known:
            raise IndexUnusableError(f"it has {found} vectors, the table {self._known}")
        self._table = table
        self._ef = spec.ef
        self._rescoring = None
        if spec.quantisation != "none":
            self._rescoring = qdrant.QuantizationSearchParams(
                rescore=spec.rescore, oversampling=spec.oversampling if spec.rescore else None
            )

    def search(self, vector: Vector, k: int, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        """Return about the k nearest rows; a larger `ef` finds more of the true ones and takes longer."""
        rows = self._table.rows
        wanted = vector.tolist()
        condition = _condition(where)
        ef = ef or self._ef
        if rows.removed is None:
            found = self._graph(wanted, k, ef, condition)
        else:
            there = ~rows.removed
            found = sieved(lambda count: self._graph(wanted, count, ef, condition), k, there, self._known)
        if len(rows) > self._known:
            selection = rows.selection(where)
            numbers = None if selection is None else selection.numbers
            found += scan(rows.vectors, vector, k, numbers, first=self._known)
        return best_of(found, k)

    def _graph(self, vector: list[float], k: int, ef: int, condition: qdrant.Filter | None) -> Neighbours:
        request = qdrant.QueryRequest(
            k,
            query=qdrant.Query.Nearest(vector),
            params=qdrant.SearchParams(hnsw_ef=max(ef, k), quantization=self._rescoring),
            filter=condition,
            with_payload=False,
        )
        return [(int(point.id), point.score) for point in self._shard.query(request)]


def _condition(where: Filter | None) -> qdrant.Filter | None:
    if not where:
        return None
    wanted = [(field, sorted(names)) for field, names in ((PACKAGE, where.packages), (KIND, where.kinds)) if names]
    return qdrant.Filter(
        must=[qdrant.FieldCondition(key=field, match=qdrant.MatchAny(names)) for field, names in wanted]
    )
