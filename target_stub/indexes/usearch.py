"""The usearch index: an HNSW graph whose search releases the GIL, read into memory or mapped from its file.

Its own conversion to int8 takes the components' range to be -1 to 1, of which unit vectors of some hundred components
use a few steps only; here they are scaled to their own range first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from usearch.index import Index as Graph

from target_stub.embedder import Vector, Vectors
from target_stub.filter import Filter
from target_stub.index import IndexUnusableError, Neighbours, best_of
from target_stub.indexes.exact import scan
from target_stub.indexes.sieve import sieved
from target_stub.specs import IndexSpec
from target_stub.table import Rows, Table

GRAPH_FILE, SCALE_FILE = "graph.usearch", "scale.npy"
TYPES = {"none": "f32", "bf16": "bf16", "int8": "i8"}
CLIPPED_SHARE = 0.0005  # of the components, the outermost: recall@10 at ef 64 rises from .904 to .936
SAMPLE_ROWS = 20_000  # enough to know the components' range
ADD_ROWS = 10_000
SCANNED_ROWS = 4000  # a filter that lets fewer pass is answered by comparing with them all: some 0.2 ms, and exact


def build_usearch(folder: Path, vectors: Vectors, spec: IndexSpec, threads: int) -> None:
    """Write the graph over the vectors into an empty folder."""
    scale = np.float32(127 / np.quantile(np.abs(vectors[:SAMPLE_ROWS]), 1 - CLIPPED_SHARE))
    np.save(folder / SCALE_FILE, scale)
    graph = _graph(vectors.shape[1], spec)
    for start in range(0, len(vectors), ADD_ROWS):
        rows = vectors[start : start + ADD_ROWS]
        graph.add(np.arange(start, start + len(rows), dtype=np.uint64), _encoded(rows, spec, scale), threads=threads)
    graph.save(folder / GRAPH_FILE)


def _graph(dim: int, spec: IndexSpec) -> Graph:
    return Graph(
        ndim=dim,
        metric="ip",
        dtype=TYPES[spec.quantisation],
        connectivity=spec.m,
        expansion_add=spec.ef_construct,
        expansion_search=1,  # a search's count widens it; so each search has its own ef, in whatever thread it runs
        enable_key_lookups=False,
    )


def _encoded(vectors: Vectors, spec: IndexSpec, scale: np.float32) -> npt.NDArray[np.float32 | np.int8]:
    if spec.quantisation != "int8":
        return vectors
    codes: npt.NDArray[np.int8] = np.clip(np.rint(vectors * scale), -127, 127).astype(np.int8)
    return codes


class UsearchIndex:
    """A graph, searched from any number of threads at once; the table's rows beyond it are compared one by one."""

    name = "usearch"

    def __init__(self, folder: Path, table: Table, spec: IndexSpec) -> None:
        self._known = len(table)
        self._table = table
        self._spec = spec
        self._graph = _graph(table.rows.vectors.shape[1], spec)
        path = str(folder / GRAPH_FILE)
        try:
            self._scale = np.float32(np.load(folder / SCALE_FILE))
            self._graph.load(path) if spec.memory == "pinned" else self._graph.view(path)
        except (RuntimeError, OSError, ValueError) as error:
            raise IndexUnusableError(f"usearch cannot open it: {error}") from error
        if len(self._graph) != self._known:
            raise IndexUnusableError(f"it has {len(self._graph)} vectors, the table {self._known}")

    def search(self, vector: Vector, k: int, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        """Return about the k nearest rows; a larger `ef` finds more of the true ones and takes longer.

        The graph cannot leave rows out: a filter is met by searching on until enough of what is found passes.
        """
        rows = self._table.rows
        selection = rows.selection(where)
        if selection is None:
            found = self._walk(rows, vector, k, ef)
            if len(rows) == self._known:
                return found
        elif len(selection.numbers) <= SCANNED_ROWS:
            return scan(rows.vectors, vector, k, selection.numbers)
        else:
            found = sieved(lambda count: self._walk(rows, vector, count, ef), k, selection.mask, self._known)
        if len(rows) > self._known:
            numbers = None if selection is None else selection.numbers
            found += scan(rows.vectors, vector, k, numbers, first=self._known)
        return best_of(found, k)

    def _walk(self, rows: Rows, vector: Vector, k: int, ef: int | None) -> Neighbours:
        spec = self._spec
        coded = spec.quantisation != "none"
        wanted = max(k, int(k * spec.oversampling)) if coded and spec.rescore else k
        matches = self._graph.search(_encoded(vector, spec, self._scale), max(ef or spec.ef, wanted), threads=1)
        numbers = matches.keys[:wanted].astype(np.int64)
        if coded and spec.rescore:
            scores = rows.vectors[numbers] @ vector
        else:
            scores = 1 - matches.distances[:wanted]
            if spec.quantisation == "int8":
                scores /= self._scale**2
        best = np.lexsort((numbers, -scores))[:k]  # by score, equal ones by row
        return list(zip(numbers[best].tolist(), scores[best].tolist(), strict=True))
