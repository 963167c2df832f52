"""Indexes: each against numpy's exact answer, and what the one on disk promises besides."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

from target_stub.embedder import Vector, Vectors
from target_stub.errors import ConfigError
from target_stub.filter import Filter
from target_stub.index import Index, IndexUnusableError, Neighbours
from target_stub.indexes import build_index, check_index, make_index, usearch
from target_stub.indexes.exact import ExactIndex
from target_stub.indexes.qdrant_server import QdrantServerIndex, fill
from target_stub.specs import IndexSpec, ServerSpec
from target_stub.table import Table
from tests.target_stub.fake_qdrant import FakeQdrant

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

DIM, ROWS, QUERIES = 64, 1200, 50


@dataclass(frozen=True)
class Searched:
    """An index and the table that it searches."""

    index: Index
    table: Table
    at_least: float = 0.95

    def __call__(self, query: Vector, k: int = 10, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        return self.index.search(query, k, ef, where)


Builder = Callable[..., Searched]


LOCAL = ":memory:"


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Unit vectors around a hundred centres, as texts about a hundred subjects would be."""
    return clustered(ROWS, seed=1)


@pytest.fixture(scope="module")
def queries() -> Vectors:
    return clustered(QUERIES, seed=2)


def clustered(count: int, seed: int) -> Vectors:
    centres = np.random.default_rng(0).standard_normal((100, DIM))
    rng = np.random.default_rng(seed)
    rows = centres[rng.integers(0, 100, count)] + 0.7 * rng.standard_normal((count, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def labels(count: int, start: int = 0) -> list[tuple[str, str]]:
    """Return a package for every tenth row, and a kind for every third."""
    return [(f"p{row % 10}", f"k{row % 3}") for row in range(start, start + count)]


VARIANTS = {
    "exact": (IndexSpec("exact"), 1.0),
    "qdrant": (IndexSpec("qdrant"), 0.95),
    "usearch": (IndexSpec("usearch"), 0.95),
    "qdrant-server": (IndexSpec("qdrant-server", server=ServerSpec("http://fake")), 1.0),
    "qdrant-server, as its client has it": (IndexSpec("qdrant-server", server=ServerSpec(LOCAL)), 1.0),
}
"""Each with the recall@10 to expect at ef 128."""
CODES = {
    "qdrant, full vectors": (IndexSpec("qdrant", quantisation="none"), 0.95),
    "qdrant, turbo, on disk": (IndexSpec("qdrant", quantisation="turbo", memory="cold"), 0.95),
    "qdrant, binary, in memory": (IndexSpec("qdrant", quantisation="binary", oversampling=20, memory="pinned"), 0.9),
    "usearch, full vectors, in memory": (IndexSpec("usearch", quantisation="none", memory="pinned"), 0.95),
    "usearch, bf16": (IndexSpec("usearch", quantisation="bf16"), 0.95),
}
"""Other codes and places of the same indexes; binary codes of 64 components say little."""


@pytest.fixture(scope="module")
def fake_qdrant() -> Iterator[FakeQdrant]:
    fake = FakeQdrant()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def folders() -> dict[tuple[str, bytes], Path]:
    """What was built, by variant and vectors: files of an index are never written to, so tests share them."""
    return {}


@pytest.fixture
def builder(
    folders: dict[tuple[str, bytes], Path], fake_qdrant: FakeQdrant, tmp_path_factory: Any
) -> Callable[..., Any]:
    def make(name: str) -> Builder:
        spec, at_least = {**VARIANTS, **CODES}[name]
        if spec.server.url == "http://fake":
            spec = replace(spec, server=ServerSpec(fake_qdrant.url))

        def build(vectors: Vectors, ef: int = 128) -> Searched:
            table = Table(vectors, labels(len(vectors)))
            searched = replace(spec, ef=ef)
            if spec.server.url == LOCAL:
                client = QdrantClient(LOCAL)
                collection = fill(client, vectors, labels(len(vectors)), spec)
                return Searched(QdrantServerIndex(client, collection, table, searched), table, at_least)
            key = (name, vectors.tobytes())
            if key not in folders:
                folders[key] = tmp_path_factory.mktemp("index")
                build_index(spec, vectors, labels(len(vectors)), folders[key], threads=1)
            return Searched(make_index(searched, table, folders[key]), table, at_least)

        return build

    return make


@pytest.fixture(params=VARIANTS)
def build(request: pytest.FixtureRequest, builder: Callable[..., Builder], monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setattr(usearch, "SCANNED_ROWS", 100)  # so that its way of filtering many rows is tested too
    return builder(request.param)


@pytest.fixture(params=CODES)
def coded(request: pytest.FixtureRequest, builder: Callable[..., Builder]) -> Builder:
    return builder(request.param)


def oracle(vectors: Vectors, query: Vector, k: int, passing: Sequence[bool] | None = None) -> list[int]:
    """Return the k nearest rows by a full sort in double precision."""
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    ranked = np.argsort(-scores, kind="stable").tolist()
    return [row for row in ranked if passing is None or passing[row]][:k]


def recall(search: Searched, vectors: Vectors, queries: Vectors, k: int = 10, ef: int | None = None) -> float:
    found = [{row for row, _ in search(query, k, ef)} & set(oracle(vectors, query, k)) for query in queries]
    return sum(map(len, found)) / (k * len(queries))


def rows_of(neighbours: Neighbours) -> list[int]:
    return [row for row, _ in neighbours]


def test_nearly_all_true_neighbours_are_found(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """recall@10 against numpy is at least 0.95 (of binary codes 0.9), and 1 where nothing is approximate."""
    search = build(vectors)
    assert recall(search, vectors, queries) >= search.at_least


def test_a_score_is_the_inner_product(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Candidates of an approximate index are scored again in full precision, best first."""
    search = build(vectors)
    for query in queries[:10]:
        found = search(query, 20)
        assert [score for _, score in found] == pytest.approx(
            [float(vectors[row] @ query) for row, _ in found], abs=1e-5
        )
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        assert all(type(row) is int and type(score) is float for row, score in found)


def test_every_kind_of_codes_finds_them_as_well(coded: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Whatever is searched, the best candidates are scored again by the full vectors."""
    search = coded(vectors)
    assert recall(search, vectors, queries) >= search.at_least
    for query in queries[:10]:
        found = search(query, 20)
        expected = [float(vectors[row] @ query) for row, _ in found]
        assert [score for _, score in found] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ["qdrant", "usearch"])
def test_without_rescoring_scores_are_those_of_the_codes(name: str, vectors: Vectors, tmp_path: Path) -> None:
    """Off, the switch saves reading full vectors; scores are then near the inner products, not equal."""
    spec = IndexSpec(name, rescore=False)
    build_index(spec, vectors, labels(ROWS), tmp_path, threads=1)
    found = make_index(spec, Table(vectors, labels(ROWS)), tmp_path).search(vectors[5], 10)
    expected = [float(vectors[row] @ vectors[5]) for row, _ in found]
    scores = [score for _, score in found]
    assert scores == pytest.approx(expected, abs=0.05)
    assert scores != pytest.approx(expected, abs=1e-6)


def test_a_vector_finds_itself_first(build: Builder, vectors: Vectors) -> None:
    """The known item's own vector is its nearest neighbour."""
    search = build(vectors)
    assert [rows_of(search(vectors[row], 1)) for row in (0, 999, 1199)] == [[0], [999], [1199]]


def test_fewer_results_than_asked_for_when_there_are_fewer(build: Builder, vectors: Vectors) -> None:
    """Asking for more than there are gives all, each once."""
    assert sorted(rows_of(build(vectors[:7])(vectors[0], 100))) == list(range(7))


def test_the_lower_row_wins_a_tie(build: Builder, vectors: Vectors) -> None:
    """Equal vectors come in the order of their rows, so that answers do not depend on chance."""
    same = np.repeat(vectors[:1], 5, axis=0)
    assert rows_of(build(same)(vectors[0], 5)) == [0, 1, 2, 3, 4]


def test_appended_rows_are_found_at_once(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Rows are numbered on, nothing is lost, and what was there stays where it was."""
    search = build(vectors[:1100])
    for start in range(1100, ROWS, 50):
        search.table.append(vectors[start : start + 50], labels(50, start))
        assert len(search.table) == start + 50
    assert rows_of(search(vectors[1199], 1)) == [1199]
    assert rows_of(search(vectors[3], 1)) == [3]
    assert recall(search, vectors, queries) >= search.at_least


def test_removed_rows_are_never_found(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Old and appended ones alike, and there are still as many results as asked for, the right ones."""
    search = build(vectors[:1100])
    search.table.append(vectors[1100:], labels(100, 1100))
    gone = {*range(0, 1100, 2), *range(1100, 1150)}
    search.table.remove(sorted(gone))
    passing = [row not in gone for row in range(ROWS)]
    hits = 0
    for query in queries:
        found = rows_of(search(query, 10))
        assert len(found) == 10
        assert not gone & {*found}
        hits += len({*found} & {*oracle(vectors, query, 10, passing)})
    assert hits / (10 * QUERIES) >= search.at_least


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        (Filter(packages=frozenset({"p3"})), lambda row: row % 10 == 3),
        (Filter(packages=frozenset({"p3", "p4", "nowhere"})), lambda row: row % 10 in (3, 4)),
        (Filter(kinds=frozenset({"k1"})), lambda row: row % 3 == 1),
        (Filter(packages=frozenset({"p3"}), kinds=frozenset({"k1"})), lambda row: row % 10 == 3 and row % 3 == 1),
        (Filter(packages=frozenset({"nowhere"})), lambda _row: False),
        (Filter(packages=frozenset({"k1"})), lambda _row: False),
        (Filter(), lambda _row: True),
    ],
)
def test_a_filter_lets_only_its_documents_pass(
    build: Builder, vectors: Vectors, queries: Vectors, where: Filter, passes: Callable[[int], bool]
) -> None:
    """Any of the packages and any of the kinds; over old, appended and removed rows, against a full sort by numpy."""
    search = build(vectors[:1100])
    search.table.append(vectors[1100:], labels(100, 1100))
    search.table.remove([13, 1113])
    passing = [passes(row) and row not in (13, 1113) for row in range(ROWS)]
    hits = wanted = 0
    for query in queries[:10]:
        found, expected = rows_of(search(query, 10, None, where)), oracle(vectors, query, 10, passing)
        assert all(passing[row] for row in found)
        assert len(found) == len(expected)
        hits += len({*found} & {*expected})
        wanted += len(expected)
    assert hits >= search.at_least * wanted


def test_appending_leaves_the_given_vectors_alone(build: Builder, vectors: Vectors, tmp_path: Path) -> None:
    """The vectors may be a read-only map of a file that other processes use too."""
    np.save(tmp_path / "vectors.npy", vectors[:50])
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r").view(np.ndarray)
    search = build(mapped)
    search.table.append(vectors[50:60], labels(10, 50))
    assert rows_of(search(vectors[55], 1)) == [55]
    assert np.array_equal(np.load(tmp_path / "vectors.npy"), vectors[:50])


def test_a_query_without_direction_is_answered(build: Builder, vectors: Vectors) -> None:
    """A text of unknown words is a vector of zeros; it gets some rows, all with score 0."""
    found = build(vectors)(np.zeros(DIM, np.float32), 3)
    assert [score for _, score in found] == [0, 0, 0]


def test_an_empty_exact_index_finds_nothing() -> None:
    """Where nothing is, nothing is found, and that is no error."""
    index = ExactIndex(Table(np.empty((0, DIM), np.float32), []))
    assert index.search(np.ones(DIM, np.float32), 5) == []


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("spec", "what", "hint"),
    [
        (IndexSpec("annoy"), "no index 'annoy'", "usearch"),
        (IndexSpec("usearch", quantisation="binary"), "usearch has no codes 'binary'", "none, bf16, int8, auto"),
        (IndexSpec("qdrant", quantisation="bf16"), "qdrant has no codes 'bf16'", "none, int8, turbo, binary, auto"),
        (IndexSpec("qdrant-server"), "needs the server's address", "--qdrant-url"),
    ],
)
def test_switches_that_do_not_fit_are_told_before_anything_is_built(spec: IndexSpec, what: str, hint: str) -> None:
    """In two lines: what, and what would do."""
    with pytest.raises(ConfigError) as caught:
        check_index(spec)
    assert what in caught.value.what
    assert hint in caught.value.hint


@pytest.mark.parametrize(("name", "module"), [("usearch", "usearch"), ("qdrant-server", "qdrant_client")])
def test_an_index_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, name: str, module: str) -> None:
    """Whoever did not install the extra reads how to."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda wanted: None if wanted == module else find(wanted))
    with pytest.raises(ConfigError) as caught:
        check_index(IndexSpec(name))
    assert f"tenfold[{name}]" in caught.value.hint


def test_auto_fits_every_index() -> None:
    """Which codes it becomes is settled when the number of vectors is known."""
    for name in ("exact", "qdrant", "usearch"):
        check_index(IndexSpec(name, quantisation="auto"))


@pytest.fixture(params=["qdrant", "usearch"])
def spec(request: pytest.FixtureRequest) -> IndexSpec:
    return IndexSpec(request.param)


@pytest.fixture
def graph(spec: IndexSpec, vectors: Vectors, tmp_path: Path) -> Path:
    folder = tmp_path / "graph"
    folder.mkdir()
    build_index(spec, vectors, labels(ROWS), folder, threads=1)
    return folder


def test_the_graph_on_disk_is_never_written_to(spec: IndexSpec, graph: Path, vectors: Vectors) -> None:
    """Opening, searching, appending and closing leave every byte: the checksums hold, and others may use the files."""
    before = digests(graph)
    for _ in range(2):
        table = Table(vectors, labels(ROWS))
        index = make_index(spec, table, graph)
        index.search(vectors[0], 10)
        table.append(vectors[:10], labels(10))
        index.search(vectors[0], 10)
        del index
    assert digests(graph) == before


def test_a_second_process_opens_the_same_graph(spec: IndexSpec, graph: Path, vectors: Vectors, tmp_path: Path) -> None:
    """Two services share one index on disk."""
    index = make_index(spec, Table(vectors, labels(ROWS)), graph)
    np.save(tmp_path / "vectors.npy", vectors)
    code = (
        "import sys, numpy as np; from pathlib import Path; from target_stub.indexes import make_index;"
        "from target_stub.specs import IndexSpec; from target_stub.table import Table;"
        "vectors = np.load(sys.argv[1]); table = Table(vectors, [('p', 'k')] * len(vectors));"
        "print(make_index(IndexSpec(sys.argv[3]), table, Path(sys.argv[2])).search(vectors[7], 1)[0][0])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "vectors.npy"), str(graph), spec.name]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"
    assert rows_of(index.search(vectors[7], 1)) == [7]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b""])
def test_files_that_cannot_be_opened_are_of_no_use(
    spec: IndexSpec, graph: Path, vectors: Vectors, damage: Callable[[bytes], bytes]
) -> None:
    """Checksums find it first; without them the library's own error is told as what it is."""
    name = {"qdrant": "segment.json", "usearch": "graph.usearch"}[spec.name]
    for path in graph.rglob(name):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(IndexUnusableError):
        make_index(spec, Table(vectors, labels(ROWS)), graph)


def test_a_graph_over_other_vectors_is_of_no_use(spec: IndexSpec, graph: Path, vectors: Vectors) -> None:
    """It would answer with rows that mean other documents."""
    with pytest.raises(IndexUnusableError, match=f"it has {ROWS} vectors, the table 1000"):
        make_index(spec, Table(vectors[:1000], labels(1000)), graph)


def test_threads_searching_at_once_find_what_one_finds(vectors: Vectors, queries: Vectors, tmp_path: Path) -> None:
    """Each search has its own ef, whatever the others ask for at the same time."""
    spec = IndexSpec("usearch", m=4, ef_construct=8)
    build_index(spec, vectors, labels(ROWS), tmp_path, threads=1)
    index = make_index(spec, Table(vectors, labels(ROWS)), tmp_path)
    asked = [(query, ef) for query in queries for ef in (10, 40, 200)] * 4
    alone = [index.search(query, 10, ef) for query, ef in asked]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda its: index.search(its[0], 10, its[1]), asked))
    assert together == alone


def test_a_larger_ef_finds_more(tmp_path: Path) -> None:
    """On a sparse graph over vectors without clusters ef shows: more candidates, more of the true neighbours.

    The spec's ef is used where a search asks for none.
    """
    rows = np.random.default_rng(3).standard_normal((3100, DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors, queries = rows[:3000], rows[3000:]
    build_index(IndexSpec("qdrant", m=4, ef_construct=8), vectors, labels(3000), tmp_path, threads=1)
    table = Table(vectors, labels(3000))
    narrow, wide = (Searched(make_index(IndexSpec("qdrant", ef=ef), table, tmp_path), table) for ef in (10, 512))
    few, many = recall(narrow, vectors, queries), recall(wide, vectors, queries)
    assert few + 0.1 < many
    assert recall(narrow, vectors, queries, ef=512) == many
