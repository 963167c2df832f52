"""Indexes: each against numpy's exact answer, and what the one on disk promises besides."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from target_stub.embedder import Vector, Vectors
from target_stub.errors import ConfigError
from target_stub.filter import Filter
from target_stub.index import Index, Neighbours
from target_stub.indexes import KNOWN, build_index, make_index
from target_stub.indexes.exact import ExactIndex
from target_stub.specs import IndexSpec
from target_stub.table import Table

DIM, ROWS, QUERIES = 64, 2000, 100


@dataclass(frozen=True)
class Searched:
    """An index and the table that it searches."""

    index: Index
    table: Table

    def __call__(self, query: Vector, k: int = 10, ef: int | None = None, where: Filter | None = None) -> Neighbours:
        return self.index.search(query, k, ef, where)


Builder = Callable[..., Searched]


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


@pytest.fixture(params=KNOWN)
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Builder:
    def make(vectors: Vectors, ef: int = 128) -> Searched:
        spec = IndexSpec(request.param, ef=ef)
        folder = tmp_path / f"index-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        build_index(spec, vectors, labels(len(vectors)), folder, threads=1)
        table = Table(vectors, labels(len(vectors)))
        return Searched(make_index(spec, table, folder), table)

    return make


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
    """recall@10 against numpy is at least 0.95, and 1 for the exact index."""
    search = build(vectors)
    assert recall(search, vectors, queries) >= (1.0 if search.index.name == "exact" else 0.95)


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


def test_a_vector_finds_itself_first(build: Builder, vectors: Vectors) -> None:
    """The known item's own vector is its nearest neighbour."""
    search = build(vectors)
    assert [rows_of(search(vectors[row], 1)) for row in (0, 999, 1999)] == [[0], [999], [1999]]


def test_fewer_results_than_asked_for_when_there_are_fewer(build: Builder, vectors: Vectors) -> None:
    """Asking for more than there are gives all, each once."""
    assert sorted(rows_of(build(vectors[:7])(vectors[0], 100))) == list(range(7))


def test_the_lower_row_wins_a_tie(build: Builder, vectors: Vectors) -> None:
    """Equal vectors come in the order of their rows, so that answers do not depend on chance."""
    same = np.repeat(vectors[:1], 5, axis=0)
    assert rows_of(build(same)(vectors[0], 5)) == [0, 1, 2, 3, 4]


def test_appended_rows_are_found_at_once(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Rows are numbered on, nothing is lost, and what was there stays where it was."""
    search = build(vectors[:1500])
    for start in range(1500, ROWS, 100):
        search.table.append(vectors[start : start + 100], labels(100, start))
        assert len(search.table) == start + 100
    assert rows_of(search(vectors[1999], 1)) == [1999]
    assert rows_of(search(vectors[3], 1)) == [3]
    assert recall(search, vectors, queries) >= (1.0 if search.index.name == "exact" else 0.95)


def test_removed_rows_are_never_found(build: Builder, vectors: Vectors, queries: Vectors) -> None:
    """Old and appended ones alike, and there are still as many results as asked for, the right ones."""
    search = build(vectors[:1900])
    search.table.append(vectors[1900:], labels(100, 1900))
    gone = {*range(0, 1900, 2), *range(1900, 1950)}
    search.table.remove(sorted(gone))
    passing = [row not in gone for row in range(ROWS)]
    hits = 0
    for query in queries:
        found = rows_of(search(query, 10))
        assert len(found) == 10
        assert not gone & {*found}
        hits += len({*found} & {*oracle(vectors, query, 10, passing)})
    assert hits / (10 * QUERIES) >= (1.0 if search.index.name == "exact" else 0.95)


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
    search = build(vectors[:1900])
    search.table.append(vectors[1900:], labels(100, 1900))
    search.table.remove([13, 1913])
    passing = [passes(row) and row not in (13, 1913) for row in range(ROWS)]
    hits = wanted = 0
    for query in queries:
        found, expected = rows_of(search(query, 10, None, where)), oracle(vectors, query, 10, passing)
        assert all(passing[row] for row in found)
        assert len(found) == len(expected)
        hits += len({*found} & {*expected})
        wanted += len(expected)
    assert hits >= (1.0 if search.index.name == "exact" else 0.95) * wanted


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


def test_an_unknown_index_is_the_users_mistake(vectors: Vectors, tmp_path: Path) -> None:
    """The error lists those that are known."""
    with pytest.raises(ConfigError) as caught:
        make_index(IndexSpec("annoy"), Table(vectors, labels(ROWS)), tmp_path)
    assert "'annoy'" in caught.value.what
    assert "exact, qdrant" in caught.value.hint


def test_an_empty_exact_index_finds_nothing() -> None:
    """Where nothing is, nothing is found, and that is no error."""
    index = ExactIndex(Table(np.empty((0, DIM), np.float32), []))
    assert index.search(np.ones(DIM, np.float32), 5) == []


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def graph(vectors: Vectors, tmp_path: Path) -> Path:
    folder = tmp_path / "graph"
    folder.mkdir()
    build_index(IndexSpec("qdrant"), vectors, labels(ROWS), folder, threads=1)
    return folder


def test_the_graph_on_disk_is_never_written_to(graph: Path, vectors: Vectors) -> None:
    """Opening, searching, adding and closing leave every byte, so the checksums hold and others may use the files."""
    before = digests(graph)
    for _ in range(2):
        table = Table(vectors, labels(ROWS))
        index = make_index(IndexSpec("qdrant"), table, graph)
        index.search(vectors[0], 10)
        table.append(vectors[:10], labels(10))
        index.search(vectors[0], 10)
        del index
    assert digests(graph) == before


def test_a_second_process_opens_the_same_graph(graph: Path, vectors: Vectors, tmp_path: Path) -> None:
    """Two services share one index on disk."""
    index = make_index(IndexSpec("qdrant"), Table(vectors, labels(ROWS)), graph)
    np.save(tmp_path / "vectors.npy", vectors)
    code = (
        "import sys, numpy as np; from pathlib import Path; from target_stub.indexes import make_index;"
        "from target_stub.specs import IndexSpec; from target_stub.table import Table;"
        "vectors = np.load(sys.argv[1]); table = Table(vectors, [('p', 'k')] * len(vectors));"
        "print(make_index(IndexSpec('qdrant'), table, Path(sys.argv[2])).search(vectors[7], 1)[0][0])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "vectors.npy"), str(graph)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"
    assert rows_of(index.search(vectors[7], 1)) == [7]


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
