"""The index on a Qdrant server: what is said to the server, and what happens when it does not answer as hoped.

No Qdrant server is part of these tests: the conversation is held with a stand-in written from Qdrant's API
description, and in the contract of all indexes also with the local mode of Qdrant's own client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from target_stub.artifacts import Artifacts
from target_stub.corpus import Corpus
from target_stub.embedder import Vectors
from target_stub.errors import ConfigError, UnavailableError
from target_stub.filter import Filter
from target_stub.index import IndexUnusableError
from target_stub.index_files import load_index, prepare_index
from target_stub.indexes import build_index, make_index
from target_stub.specs import EmbedderSpec, IndexSpec, ServerSpec
from target_stub.table import Table
from target_stub.vectors import prepare_vectors
from tests.target_stub.fake_qdrant import FakeQdrant

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")
LABELS = [("p", "k")] * 30


@pytest.fixture
def server() -> Iterator[FakeQdrant]:
    fake = FakeQdrant(api_key="open sesame")
    yield fake
    fake.stop()


@pytest.fixture
def spec(server: FakeQdrant) -> IndexSpec:
    return IndexSpec("qdrant-server", server=ServerSpec(server.url, "open sesame", 5))


@pytest.fixture
def vectors() -> Vectors:
    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_switches_reach_the_collection(
    spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path
) -> None:
    """m, ef_construct, the scan's threshold, codes and memory are the server's under the names it has for them."""
    build_index(replace(spec, m=24, ef_construct=99, memory="cold"), vectors, LABELS, tmp_path, threads=1)
    (held,) = server.collections.values()
    assert held.created["vectors"] == {"size": 8, "distance": "Dot", "memory": "cold"}
    assert held.created["hnsw_config"] == {"m": 24, "ef_construct": 99, "full_scan_threshold": 10}
    assert held.created["quantization_config"] == {"scalar": {"type": "int8", "quantile": 0.99, "memory": "pinned"}}
    assert held.indexed == {"package", "kind"}
    assert len(held.points) == 30


@pytest.mark.parametrize(
    ("quantisation", "sent"),
    [("none", None), ("binary", {"binary": {"memory": "pinned"}}), ("turbo", {"turbo": {"memory": "pinned"}})],
)
def test_every_kind_of_codes_has_its_own_form(
    spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path, quantisation: str, sent: object
) -> None:
    """As Qdrant's API describes them."""
    build_index(replace(spec, quantisation=quantisation), vectors, LABELS, tmp_path, threads=1)
    (held,) = server.collections.values()
    assert held.created.get("quantization_config") == sent


def test_a_search_says_how_to_search(spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path) -> None:
    """Ef is at least k; what the codes found is scored again; the filter is by payload."""
    build_index(spec, vectors, LABELS, tmp_path, threads=1)
    index = make_index(replace(spec, ef=50, oversampling=3), Table(vectors, LABELS), tmp_path)
    index.search(vectors[0], 5)
    index.search(vectors[0], 20, 10, Filter(packages=frozenset({"q", "p"}), kinds=frozenset({"k"})))
    first, second = server.searches
    assert first["params"] == {"hnsw_ef": 50, "quantization": {"rescore": True, "oversampling": 3.0}}
    assert (first["limit"], first["with_payload"], first.get("filter")) == (5, False, None)
    assert second["params"]["hnsw_ef"] == 20
    assert second["filter"] == {
        "must": [{"key": "package", "match": {"any": ["p", "q"]}}, {"key": "kind", "match": {"any": ["k"]}}]
    }


def test_a_whole_collection_is_used_again_and_a_half_made_one_is_not(
    spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path
) -> None:
    """Services on several machines share one; what a crash left is made anew."""
    (tmp_path / "a").mkdir()
    build_index(spec, vectors, LABELS, tmp_path / "a", threads=1)
    (held,) = server.collections.values()
    (tmp_path / "b").mkdir()
    build_index(spec, vectors, LABELS, tmp_path / "b", threads=1)
    assert [*server.collections.values()] == [held]
    del held.points[3]
    (tmp_path / "c").mkdir()
    build_index(spec, vectors, LABELS, tmp_path / "c", threads=1)
    (remade,) = server.collections.values()
    assert remade is not held
    assert len(remade.points) == 30


def test_a_server_that_is_not_there_is_told_in_two_lines(spec: IndexSpec, vectors: Vectors, tmp_path: Path) -> None:
    """While building and while opening: its address, and what to do."""
    build_index(spec, vectors, LABELS, tmp_path, threads=1)
    absent = replace(spec, server=ServerSpec("http://127.0.0.1:9"))
    with pytest.raises(ConfigError) as building:
        build_index(absent, vectors, LABELS, tmp_path, threads=1)
    with pytest.raises(ConfigError) as opening:
        make_index(absent, Table(vectors, LABELS), tmp_path)
    for caught in (building, opening):
        assert "http://127.0.0.1:9" in caught.value.what
        assert "\n" not in caught.value.what
        assert "--qdrant-url" in caught.value.hint


def test_a_wrong_key_is_told_and_not_repeated(spec: IndexSpec, vectors: Vectors, tmp_path: Path) -> None:
    """The server's refusal is in the message, the key is not."""
    wrong = replace(spec, server=replace(spec.server, api_key="guess"))
    with pytest.raises(ConfigError) as caught:
        build_index(wrong, vectors, LABELS, tmp_path, threads=1)
    assert "401" in caught.value.what
    assert "guess" not in str(caught.value) + repr(wrong)


@pytest.mark.parametrize("status", [500, 429, 503])
def test_a_search_that_the_server_refuses_is_unavailable(
    spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path, status: int
) -> None:
    """It is no error of ours, and trying again may help; afterwards it goes on."""
    build_index(spec, vectors, LABELS, tmp_path, threads=1)
    index = make_index(spec, Table(vectors, LABELS), tmp_path)
    server.trouble = status
    with pytest.raises(UnavailableError, match=str(status)):
        index.search(vectors[0], 1)
    server.trouble = 0
    assert index.search(vectors[0], 1)[0][0] == 0


def test_a_server_that_has_gone_away_is_unavailable(vectors: Vectors, tmp_path: Path) -> None:
    """The connection is refused while searching."""
    server = FakeQdrant()
    spec = IndexSpec("qdrant-server", server=ServerSpec(server.url))
    build_index(spec, vectors, LABELS, tmp_path, threads=1)
    index = make_index(spec, Table(vectors, LABELS), tmp_path)
    server.stop()
    with pytest.raises(UnavailableError, match="did not answer a search"):
        index.search(vectors[0], 1)


def test_a_collection_that_is_not_the_one_made_is_of_no_use(
    spec: IndexSpec, server: FakeQdrant, vectors: Vectors, tmp_path: Path
) -> None:
    """Lost points, a failed collection, other vectors, no collection at all."""
    build_index(spec, vectors, LABELS, tmp_path, threads=1)
    ((name, held),) = server.collections.items()

    def refused() -> str:
        with pytest.raises(IndexUnusableError) as caught:
            make_index(spec, Table(vectors, LABELS), tmp_path)
        return str(caught.value)

    lost = held.points.pop(29)
    assert "has 29 vectors, the table 30" in refused()
    held.points[29] = lost
    server.status = "red"
    assert "has failed" in refused()
    server.status = "green"
    held.created["vectors"]["distance"] = "Cosine"
    assert "not one of 8 components by dot product" in refused()
    del server.collections[name]
    assert "has no collection" in refused()


def test_a_collection_that_was_deleted_is_made_again(
    spec: IndexSpec, server: FakeQdrant, corpus: Corpus, artifacts: Artifacts
) -> None:
    """What is noted on disk does not hide that the server lost it."""
    vectors = prepare_vectors(corpus, EmbedderSpec("hashing", 64), artifacts, lambda _done, _total: None)
    table = Table(vectors.rows, [document.label for document in corpus.documents])
    prepare_index(spec, corpus, vectors, artifacts)
    server.collections.clear()
    assert load_index(spec, corpus, vectors, table, artifacts) is None
    prepare_index(spec, corpus, vectors, artifacts)
    index = load_index(spec, corpus, vectors, table, artifacts)
    assert index is not None
    assert index.search(vectors.rows[4], 1)[0][0] == 4
