"""The indexes over 100 000 vectors (or a million): what they find, how long they take, and the bare library beside.

The vectors are those of real passages (all installed packages' docstrings, static embeddings), as many more made by
mixing two passages of a package: for a mean of word vectors, that is the vector of both texts one after the other. They
are kept in the user's cache folder. Each index has a process of its own, so that its memory is its own.
Ours and bare search in turn, 100 queries each, so that a busy machine slows both alike.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from target_stub.artifacts import Artifacts, cache_folder
from target_stub.config import Config
from target_stub.embedder import Vector, Vectors
from target_stub.indexes import build_index, make_index
from target_stub.indexes.exact import ExactIndex
from target_stub.preparation import load, prepare
from target_stub.specs import IndexSpec
from target_stub.table import Table
from target_stub.workers import available_cores
from tests.benchmarks import paper

K, QUERIES, BLOCK, EF = 10, 500, 100, (64, 128)
NOISE = 0.02  # of a component's spread: no two mixtures are the same
VARIANTS = {
    "exact": IndexSpec("exact"),
    "qdrant none": IndexSpec("qdrant", quantisation="none"),
    "qdrant int8": IndexSpec("qdrant"),
    "qdrant turbo": IndexSpec("qdrant", quantisation="turbo"),
    "qdrant binary x10": IndexSpec("qdrant", quantisation="binary", oversampling=10),
    "qdrant int8, cold": IndexSpec("qdrant", memory="cold"),
    "usearch none": IndexSpec("usearch", quantisation="none"),
    "usearch bf16": IndexSpec("usearch", quantisation="bf16"),
    "usearch int8": IndexSpec("usearch"),
    "usearch bf16, read in": IndexSpec("usearch", quantisation="bf16", memory="pinned"),
}
MILLION = ("qdrant int8", "usearch bf16")


@dataclass(frozen=True)
class Found:
    """One index: building, size, memory, and for each ef recall, time of ours and of the library alone."""

    build_s: float
    build_cpu_s: float
    disk_mb: float
    open_ms: float
    private_mb: float
    mapped_mb: float
    recall: tuple[float, ...]
    ours_us: tuple[float, ...]
    bare_us: tuple[float, ...]
    ratio: tuple[float, ...]


def measure(*, quick: bool = False, million: bool = False) -> paper.Table:
    """Measure every variant and return the table."""
    count = 1_000_000 if million else 10_000 if quick else 100_000
    folder = vectors_folder(count)
    by_ef = (head for ef in EF for head in (f"recall@10, ef {ef}", "us", "x bare"))
    table = paper.Table(("index", "build s (CPU)", "disk MB", "open ms", "private + mapped MB", *by_ef))
    for name in MILLION if million else VARIANTS:
        row = _row(name, _in_child(name, folder))
        print(" | ".join(row), flush=True)  # noqa: T201
        table.add(*row)
    return table


def _row(name: str, its: Found) -> list[str]:
    cells = [
        name,
        f"{its.build_s:.1f} ({its.build_cpu_s:.1f})",
        f"{its.disk_mb:.0f}",
        f"{its.open_ms:.0f}",
        f"{its.private_mb:.0f} + {its.mapped_mb:.0f}",
    ]
    for recall, ours, ratio in zip(its.recall, its.ours_us, its.ratio, strict=True):
        cells += [f"{recall:.3f}", f"{ours:.0f}", f"{ratio:.2f}"]
    return cells


def vectors_folder(count: int) -> Path:
    """Return the folder with so many vectors, queries and their true neighbours, made when it is not there."""
    folder = cache_folder(os.environ) / "benchmarks" / f"index-{count}"
    if not (folder / "truth.npy").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        vectors, queries = _made(count)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "queries.npy", queries)
        exact = ExactIndex(Table(vectors, [("p", "k")] * count))
        truth = [[row for row, _ in exact.search(query, K)] for query in queries]
        np.save(folder / "truth.npy", np.array(truth))  # last: it says that all is there
    return folder


def _made(count: int) -> tuple[Vectors, Vectors]:
    config = Config(corpus="installed", embedder="static", index="exact")
    artifacts = Artifacts(cache_folder(os.environ))
    prepare(config, artifacts, lambda *_: None)
    prepared = load(config, artifacts)
    if prepared is None:
        raise RuntimeError("the corpus changed while it was read")
    collection, rng = prepared.collection, np.random.default_rng(0)
    real = np.asarray(collection.table.rows.vectors)
    documents, _ = collection.page(0, len(collection))
    of_package: dict[str, list[int]] = {}
    for row, document in enumerate(documents):
        of_package.setdefault(document.package, []).append(row)
    first = rng.integers(0, len(real), max(0, count - len(real)))
    mates = np.array([rng.choice(of_package[documents[row].package]) for row in first], np.int64)
    share = rng.uniform(0.3, 0.7, (len(first), 1)).astype(np.float32)
    mixed = share * real[first] + (1 - share) * real[mates] if len(first) else real[:0]
    mixed = mixed + NOISE * float(real.std()) * rng.standard_normal(mixed.shape, np.float32)
    vectors = np.concatenate((real, mixed))[:count].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    titles = [documents[row].title for row in rng.choice(len(documents), QUERIES, replace=False)]
    return vectors, prepared.embedder.embed(titles)


def _in_child(name: str, folder: Path) -> Found:
    command = [sys.executable, "-m", "tests.benchmarks.index", name, str(folder)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=7200).stdout
    its = json.loads(said.splitlines()[-1])
    return Found(**{key: tuple(value) if isinstance(value, list) else value for key, value in its.items()})


def search_one(name: str, folder: Path) -> Found:
    """Build, open and search one index, in this process; the building happens in a child, as in the service."""
    spec = VARIANTS[name]
    vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r").view(np.ndarray)
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    with tempfile.TemporaryDirectory() as place:
        started, cpu = perf_counter(), os.times()
        if os.fork() == 0:
            build_index(spec, vectors, [("p", "k")] * len(vectors), Path(place), available_cores())
            os._exit(0)
        os.wait()
        build_s, used = perf_counter() - started, os.times()
        disk_mb = sum(path.stat().st_blocks * 512 for path in Path(place).rglob("*")) / 1e6
        table = Table(vectors, [("p", "k")] * len(vectors))
        before, started = _memory_mb(), perf_counter()
        index = make_index(spec, table, Path(place))
        open_ms = 1e3 * (perf_counter() - started)
        index.search(queries[0], K)
        recalls, ours, bare, ratios = [], [], [], []
        for ef in EF:
            library = _bare(spec, index, ef, Path(place), vectors.shape[1])
            found, mine, theirs = _in_turn(queries, lambda query, ef=ef: index.search(query, K, ef), library)
            recalls.append(_recall(found, truth))
            ours.append(statistics.median(mine))
            bare.append(statistics.median(theirs))
            ratios.append(statistics.median(a / b for a, b in zip(mine, theirs, strict=True)))
        after = _memory_mb()
    cpu_s = used.children_user + used.children_system - cpu.children_user - cpu.children_system
    memory = [now - then for now, then in zip(after, before, strict=True)]
    return Found(build_s, cpu_s, disk_mb, open_ms, *memory, *map(tuple, (recalls, ours, bare, ratios)))


def _in_turn(
    queries: Vectors, ours: Callable[[Vector], Any], bare: Callable[[Vector], Any]
) -> tuple[list[Any], list[float], list[float]]:
    """Return what ours finds, and for each block of queries the mean microseconds of CPU of ours and of the other."""
    for query in queries:  # so that neither pays for pages that the other then finds in memory
        ours(query)
        bare(query)
    found, mine, theirs = [], [], []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        began = process_time()
        found += [ours(query) for query in block]
        half = process_time()
        for query in block:
            bare(query)
        mine.append(1e6 * (half - began) / len(block))
        theirs.append(1e6 * (process_time() - half) / len(block))
    return found, mine, theirs


def _bare(spec: IndexSpec, index: Any, ef: int, folder: Path, dim: int) -> Callable[[Vector], Any]:
    """Return the library's own call over the same files, with the same switches, and nothing around it."""
    if spec.name == "qdrant":
        import qdrant_edge as qdrant

        shard = index._shard
        codes = None
        if spec.quantisation != "none":
            codes = qdrant.QuantizationSearchParams(rescore=True, oversampling=spec.oversampling)
        params = qdrant.SearchParams(hnsw_ef=ef, quantization=codes)
        return lambda query: shard.query(
            qdrant.QueryRequest(K, query=qdrant.Query.Nearest(query.tolist()), params=params, with_payload=False)
        )
    if spec.name == "usearch":
        from usearch.index import Index

        kinds = {"none": "f32", "bf16": "bf16", "int8": "i8"}
        graph = Index(ndim=dim, metric="ip", dtype=kinds[spec.quantisation], connectivity=spec.m, expansion_search=ef)
        graph.view(str(folder / "graph.usearch"))
        scale = np.float32(np.load(folder / "scale.npy")) if spec.quantisation == "int8" else None
        if scale is None:
            return lambda query: graph.search(query, K, threads=1)
        return lambda query: graph.search(np.rint(query * scale).clip(-127, 127).astype(np.int8), K, threads=1)
    matrix = index._table.rows.vectors
    return lambda query: np.argpartition(-(matrix @ query), K)[:K]


def _recall(found: Sequence[Any], truth: np.ndarray) -> float:
    hits = [len({row for row, _ in its} & {*map(int, true)}) for its, true in zip(found, truth, strict=True)]
    return sum(hits) / (K * len(hits))


def _memory_mb() -> list[float]:
    """Return the process' private memory and its resident pages of files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return [int(lines[key].split()[0]) / 1e3 for key in ("RssAnon", "RssFile")]


if __name__ == "__main__":
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    print(json.dumps(asdict(search_one(sys.argv[1], Path(sys.argv[2])))))  # noqa: T201
