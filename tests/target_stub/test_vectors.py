"""Vectors of a corpus: in the documents' order, made once, kept by all they depend on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from target_stub import vectors as vectors_module
from target_stub.artifacts import Artifacts
from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedders import make_embedder
from target_stub.specs import EmbedderSpec
from target_stub.vectors import embed_all, load_vectors, prepare_vectors

HASHING = EmbedderSpec("hashing", 64)


def silent(_done: int, _total: int) -> None:
    pass


@pytest.mark.parametrize("name", ["hashing", "static"])
def test_row_by_row_the_vectors_are_the_documents(corpus: Corpus, artifacts: Artifacts, name: str) -> None:
    """Whatever is batched by length, row n is document n's vector, as its embedder makes it."""
    made = prepare_vectors(corpus, EmbedderSpec(name, 64), artifacts, silent)
    embedder = make_embedder(EmbedderSpec(name, 64), made.folder)
    expected = [embedder.embed([document.passage])[0] for document in corpus.documents]
    assert np.allclose(made.rows, expected, atol=1e-6)
    assert made.rows.dtype == np.float32


def test_a_corpus_is_embedded_once(corpus: Corpus, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second start reads the file, and maps it read-only."""
    made = prepare_vectors(corpus, HASHING, artifacts, silent)
    monkeypatch.setattr(vectors_module, "embed_all", None)
    again = prepare_vectors(corpus, HASHING, artifacts, silent)
    loaded = load_vectors(corpus, HASHING, artifacts)
    assert loaded is not None
    assert np.array_equal(again.rows, made.rows)
    assert np.array_equal(loaded.rows, made.rows)
    assert loaded.sha256 == made.sha256
    with pytest.raises(ValueError, match="read-only"):
        loaded.rows[0, 0] = 1


def test_other_documents_or_another_embedder_are_other_vectors(corpus: Corpus, artifacts: Artifacts) -> None:
    """Vectors are found again only for the same corpus, embedder, weights and limit."""
    prepare_vectors(corpus, HASHING, artifacts, silent)
    assert load_vectors(corpus, HASHING, artifacts) is not None
    assert load_vectors(replace(corpus, sha256="1" * 64), HASHING, artifacts) is None
    assert load_vectors(corpus, EmbedderSpec("hashing", 65), artifacts) is None
    assert load_vectors(corpus, EmbedderSpec("static", 64), artifacts) is None


def test_other_weights_are_other_vectors(corpus: Corpus, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgraded model never searches the vectors of the old one."""
    prepare_vectors(corpus, HASHING, artifacts, silent)
    monkeypatch.setattr(vectors_module, "embedder_weights", lambda _spec: "crc32-2")
    assert load_vectors(corpus, HASHING, artifacts) is None


def test_progress_ends_at_the_total(artifacts: Artifacts) -> None:
    """Whoever draws a bar sees it grow and end."""
    documents = tuple(Document(str(number), f"Number {number}", "", "p", "k") for number in range(70))
    told: list[tuple[int, int]] = []
    prepare_vectors(Corpus("c", "2" * 64, documents), HASHING, artifacts, lambda *its: told.append(its))
    assert told == [(32, 70), (64, 70), (70, 70)]


@pytest.mark.parametrize("name", ["hashing", "minilm"])
def test_several_processes_embed_as_one_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """Spreading a corpus over processes changes no row: the batches are the same."""
    passages = [f"passage number {number} " + "and so on " * (number % 7) for number in range(70)]
    spec = EmbedderSpec(name, 16)
    alone = embed_all(passages, spec, tmp_path, silent)
    monkeypatch.setitem(vectors_module.SPREAD_FROM, name, 1)
    assert np.array_equal(embed_all(passages, spec, tmp_path, silent), alone)
