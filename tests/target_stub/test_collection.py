"""The collection: documents and vectors grow together, or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from target_stub.collection import Collection
from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.errors import ConfigError
from target_stub.indexes.exact import ExactIndex

EMBEDDER = HashingEmbedder(64)
CAKE = Document("cake", "Cake", "Flour, eggs and sugar.", "hobby", "recipe")


def test_documents_keep_their_rows(collection: Collection, documents: tuple[Document, ...]) -> None:
    """A document is found by row, by id and on its page."""
    assert len(collection) == 6
    assert collection[2] is documents[2]
    assert collection.get("hobby.chess") == documents[5]
    assert collection.get("nothing") is None
    assert list(collection.page(4, 10)) == list(documents[4:])
    assert list(collection.page(6, 10)) == []


def test_added_documents_are_in_every_part(collection: Collection) -> None:
    """The index, the exact scan, the ids and the pages know them at once."""
    collection.add([CAKE], EMBEDDER.embed([CAKE.passage]))
    vector = EMBEDDER.embed(["cake"])[0]
    assert collection.nearest(vector, 1, exact=False, ef=None)[0][0] == 6
    assert collection.nearest(vector, 1, exact=True, ef=None)[0][0] == 6
    assert collection.get("cake") == CAKE
    assert collection[6] == CAKE
    assert len(collection) == len(collection.index) == 7


def test_an_index_of_its_own_and_the_exact_scan_both_grow(corpus: Corpus) -> None:
    """Where they are two, both get the vectors; where they are one, it gets them once."""
    vectors = EMBEDDER.embed([document.passage for document in corpus.documents])
    index, exact = ExactIndex(vectors), ExactIndex(vectors)
    Collection(corpus, index, exact).add([CAKE], EMBEDDER.embed(["cake"]))
    assert (len(index), len(exact)) == (7, 7)


def test_a_taken_id_adds_nothing(collection: Collection) -> None:
    """Half an addition would leave rows without documents."""
    before = collection.sha256
    for batch in ([CAKE, replace(CAKE, id="hobby.bread")], [CAKE, CAKE]):
        with pytest.raises(ValueError, match="taken"):
            collection.add(batch, EMBEDDER.embed(["a", "b"]))
        assert (len(collection), len(collection.index), collection.sha256) == (6, 6, before)


def test_other_documents_are_another_corpus(collection: Collection) -> None:
    """Answers over more documents must not be compared with answers over fewer: the sha256 tells them apart."""
    before = collection.sha256
    collection.add([CAKE], EMBEDDER.embed(["cake"]))
    assert collection.sha256 != before
    assert len(collection.sha256) == 64


def test_parts_that_do_not_fit_are_refused(corpus: Corpus) -> None:
    """An index over other documents would answer with the wrong ones."""
    index = ExactIndex(np.zeros((5, 4), np.float32))
    with pytest.raises(ConfigError, match="6 documents do not fit an index over 5"):
        Collection(corpus, index, index)
