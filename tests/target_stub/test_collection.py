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
from target_stub.table import Table

EMBEDDER = HashingEmbedder(64)
CAKE = Document("cake", "Cake", "Flour, eggs and sugar.", "hobby", "recipe")


def test_documents_keep_their_rows(collection: Collection, documents: tuple[Document, ...]) -> None:
    """A document is found by row, by id and on its page."""
    assert len(collection) == 6
    assert collection[2] is documents[2]
    assert collection.get("hobby.chess") == documents[5]
    assert collection.get("nothing") is None
    assert collection.page(4, 10) == (list(documents[4:]), None)
    assert collection.page(1, 2) == (list(documents[1:3]), 3)
    assert collection.page(6, 10) == ([], None)


def test_added_documents_are_in_every_part(collection: Collection) -> None:
    """The index, the exact scan, the ids and the pages know them at once."""
    collection.add([CAKE], EMBEDDER.embed([CAKE.passage]))
    vector = EMBEDDER.embed(["cake"])[0]
    assert collection.nearest(vector, 1, exact=False, ef=None)[0][0] == 6
    assert collection.nearest(vector, 1, exact=True, ef=None)[0][0] == 6
    assert collection.get("cake") == CAKE
    assert collection[6] == CAKE
    assert len(collection) == len(collection.table) == 7


def test_a_taken_id_adds_nothing(collection: Collection) -> None:
    """Half an addition would leave rows without documents."""
    before = collection.sha256
    for batch in ([CAKE, replace(CAKE, id="hobby.bread")], [CAKE, CAKE]):
        with pytest.raises(ValueError, match="taken"):
            collection.add(batch, EMBEDDER.embed(["a", "b"]))
        assert (len(collection), len(collection.table), collection.sha256) == (6, 6, before)


def test_other_documents_are_another_corpus(collection: Collection) -> None:
    """Answers over more documents must not be compared with answers over fewer: the sha256 tells them apart."""
    before = collection.sha256
    collection.add([CAKE], EMBEDDER.embed(["cake"]))
    assert collection.sha256 != before
    assert len(collection.sha256) == 64


def test_a_removed_document_is_in_no_part(collection: Collection) -> None:
    """No search, no page and no id knows it; the other rows stay, and its id may be used again."""
    assert collection.remove(["hobby.chess", "nothing", "hobby.bread"]) == 2
    assert len(collection) == 4
    assert collection.get("hobby.chess") is None
    assert [document.id for document in collection.page(0, 3)[0]] == ["hobby.bicycle", "hobby.violin", "hobby.garden"]
    vector = EMBEDDER.embed(["the king and the pawns of a chess board"])[0]
    for exact in (False, True):
        found = [collection[row].id for row, _ in collection.nearest(vector, 10, exact=exact)]
        assert sorted(found) == ["hobby.bicycle", "hobby.garden", "hobby.sailing", "hobby.violin"]
    collection.add([replace(CAKE, id="hobby.chess")], EMBEDDER.embed([CAKE.passage]))
    assert collection[6].id == "hobby.chess"
    assert [document.id for document in collection.page(0, 10)[0]][-1] == "hobby.chess"


def test_what_an_answer_depends_on_is_in_the_version(corpus: Corpus, collection: Collection) -> None:
    """The same documents found by another embedder or index are other answers: caches must not mix them."""

    def version(found_by: str) -> str:
        return Collection(corpus, collection.table, collection.index, found_by).version

    assert collection.version == version("hashing exact")
    assert len({version("hashing exact"), version("static exact"), version("hashing qdrant")}) == 3
    before = collection.version
    collection.remove(["nothing"])
    assert collection.version == before
    collection.remove(["hobby.chess"])
    assert collection.version != before


def test_parts_that_do_not_fit_are_refused(corpus: Corpus) -> None:
    """An index over other documents would answer with the wrong ones."""
    table = Table(np.zeros((5, 4), np.float32), [("p", "k")] * 5)
    with pytest.raises(ConfigError, match="6 documents do not fit a table of 5"):
        Collection(corpus, table, ExactIndex(table), "hashing exact")
