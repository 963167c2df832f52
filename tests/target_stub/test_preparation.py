"""Preparation: what was prepared is loaded; what changed or broke is prepared again, and only that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from target_stub.artifacts import Artifacts
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.preparation import Prepared, Step, check, load, prepare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, subject in enumerate(("bread", "violin", "sailing", "chess")):
        (folder / f"{number}.txt").write_text(f"About {subject}\nAll there is to know of {subject} and how to do it.\n")
    return folder


@pytest.fixture(params=["exact", "qdrant", "usearch"])
def settings(request: pytest.FixtureRequest, folder: Path) -> Config:
    return Config(corpus=str(folder), embedder="hashing", index=request.param)


def untold(_step: Step, _done: int, _total: int) -> None:
    pass


def first(prepared: Prepared | None, text: str) -> str:
    assert prepared is not None
    vector = prepared.embedder.embed([text])[0]
    return prepared.collection[prepared.collection.nearest(vector, 1)[0][0]].id


def test_nothing_is_loaded_before_it_was_prepared(settings: Config, artifacts: Artifacts) -> None:
    """A service with an empty cache must prepare first."""
    assert load(settings, artifacts) is None


def test_what_was_prepared_answers_after_loading(settings: Config, artifacts: Artifacts) -> None:
    """Corpus, vectors and index fit each other: a query about chess finds the file about chess."""
    corpus = prepare(settings, artifacts, untold)
    prepared = load(settings, artifacts)
    assert first(prepared, "chess") == "3.txt"
    assert prepared is not None
    assert prepared.collection.sha256 == corpus.sha256
    assert len(prepared.collection) == 4


def test_the_steps_are_told_in_order(settings: Config, artifacts: Artifacts) -> None:
    """Each step ends with all of it done."""
    told: list[tuple[Step, int, int]] = []
    prepare(settings, artifacts, lambda *its: told.append(its))
    assert list(dict.fromkeys(step for step, _, _ in told)) == [Step.CORPUS, Step.VECTORS, Step.INDEX]
    assert [its for its in told if its[1] == its[2]][-1] == (Step.INDEX, 4, 4)


def test_an_edited_file_makes_all_of_it_outdated(settings: Config, artifacts: Artifacts, folder: Path) -> None:
    """A service never answers from an old state of its corpus."""
    prepare(settings, artifacts, untold)
    (folder / "3.txt").write_text("About poker\nHow to keep a straight face with bad cards.\n")
    assert load(settings, artifacts) is None
    prepare(settings, artifacts, untold)
    assert first(load(settings, artifacts), "poker") == "3.txt"


def test_switches_of_the_search_need_no_preparation(settings: Config, artifacts: Artifacts) -> None:
    """ef, cache and threads change nothing on disk."""
    prepare(settings, artifacts, untold)
    assert load(replace(settings, index_ef=7, cache="off", embed_in_thread="off"), artifacts) is not None
    assert load(replace(settings, embed_max_tokens=32), artifacts) is None


def largest_files(artifacts: Artifacts) -> Iterator[Path]:
    """Yield the largest file of each artifact: documents, vectors, and where there is one the graph's vectors."""
    for manifest in sorted(artifacts.root.rglob("manifest.json")):
        files = [path for path in manifest.parent.rglob("*") if path.is_file() and path != manifest]
        if files:
            yield max(files, key=lambda path: path.stat().st_size)


def test_any_truncated_file_is_noticed_and_made_again(settings: Config, artifacts: Artifacts) -> None:
    """A cut file is never served from; preparing mends it."""
    prepare(settings, artifacts, untold)
    paths = list(largest_files(artifacts))
    assert len(paths) == (3 if settings.index == "exact" else 4)  # corpus, vectors, words; and the graph
    for path in paths:
        os.truncate(path, path.stat().st_size - 1)
        assert load(settings, artifacts) is None
        prepare(settings, artifacts, untold)
        assert first(load(settings, artifacts), "violin") == "1.txt"


def test_the_exact_scan_is_over_the_same_vectors(settings: Config, artifacts: Artifacts) -> None:
    """Whatever the index is, the judge beside it has every document."""
    prepare(settings, artifacts, untold)
    prepared = load(settings, artifacts)
    assert prepared is not None
    vector = prepared.embedder.embed(["sailing"])[0]
    exact = prepared.collection.nearest(vector, 4, exact=True)
    assert sorted(row for row, _ in exact) == [0, 1, 2, 3]
    assert np.isfinite([score for _, score in exact]).all()


def test_what_is_missing_from_the_start_is_told_at_once(tmp_path: Path) -> None:
    """A folder or a package that is not there is found before anything is built or listened on."""
    with pytest.raises(ConfigError, match="no corpus"):
        check(Config(corpus=str(tmp_path / "nowhere")))
    with pytest.raises(ConfigError, match="no embedder"):
        check(Config(embedder="nothing"))


def test_the_graph_finds_what_the_exact_scan_finds_in_real_documents(artifacts: Artifacts) -> None:
    """recall@10 over the standard library, at the default ef, with titles as queries, is at least 0.95."""
    settings = Config(corpus="stdlib", embedder="static", index="qdrant")
    prepare(settings, artifacts, untold)
    prepared = load(settings, artifacts)
    assert prepared is not None
    titles = [document.title for document in prepared.collection.page(0, 3000)[0][::15]]
    found = 0
    for vector in prepared.embedder.embed(titles):
        truth = {row for row, _ in prepared.collection.nearest(vector, 10, exact=True)}
        found += len(truth & {row for row, _ in prepared.collection.nearest(vector, 10)})
    assert len(titles) == 200
    assert found / (10 * len(titles)) >= 0.95
