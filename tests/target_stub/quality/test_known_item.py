"""What is asked of which documents, and that what is asked for is not in what is searched."""

from __future__ import annotations

import pytest

from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.keyword import searchable
from target_stub.quality.known_item import SETS, SIGNATURES, SUMMARIES, KnownItem, draw, held_back

BODY = "It tells the path of the folder. Whoever calls is to delete it when it is no longer wanted, with all it holds."
MAKE = Document("tempfile.mkDirectory", "Create a private temporary folder.", f"mkDirectory(suffix, dir_name)\n{BODY}",
                "tempfile", "function")  # fmt: skip
MODULE = Document("tempfile", "Temporary files and folders for everyone.", f"tempfile\n{BODY}", "tempfile", "module")


def corpus(*documents: Document) -> Corpus:
    return Corpus("few", "0" * 64, documents)


def test_a_summary_is_asked_of_documents_that_lack_it() -> None:
    """The title is gone from what is embedded and from what is searched by words; name and text stay."""
    (item,) = draw(corpus(MAKE), SUMMARIES, 10)
    without = held_back(MAKE, 0, SUMMARIES)
    assert item == KnownItem("Create a private temporary folder.", "tempfile.mkDirectory")
    assert "private" not in searchable(without) + without.passage
    assert "mkDirectory(suffix, dir_name)" in without.passage


def test_a_call_is_asked_of_documents_that_lack_it_and_have_a_number_for_a_name() -> None:
    """Words of class or module, name and parameters; a module has no parameters and is not asked for."""
    whole = corpus(MODULE, MAKE)
    (item,) = draw(whole, SIGNATURES, 10)
    without = held_back(MAKE, 1, SIGNATURES)
    assert item == KnownItem("tempfile mk directory suffix dir name", without.id)
    assert "suffix" not in searchable(without) + without.passage
    assert "tempfile" not in searchable(without)
    assert without.passage.startswith("Create a private temporary folder.\nIt tells")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Return self.", f"f(a)\n{BODY}"),
        ("Create a private temporary folder.", "f(a)\nShort."),
        ("Create a private temporary folder.", f"f(a)\n{BODY} create a\nprivate temporary folder."),
    ],
    ids=["too short to name one", "too little left", "repeated in the text"],
)
def test_a_summary_that_could_not_be_judged_is_not_asked(title: str, text: str) -> None:
    """What says too little, is asked of too little, or is still there."""
    assert draw(corpus(Document("m.f", title, text, "m", "function")), SUMMARIES, 10) == ()


def test_queries_of_two_documents_are_not_asked() -> None:
    """Nobody could tell which is meant."""
    twin = Document("other.mkDirectory", MAKE.title.upper(), MAKE.text, "other", "function")
    assert draw(corpus(MAKE, twin), SUMMARIES, 10) == ()


@pytest.mark.parametrize("items", SETS, ids=lambda its: its.name)
def test_the_draw_is_seeded_and_a_shorter_one_is_its_beginning(items) -> None:  # type: ignore[no-untyped-def]
    """The same queries for everybody; other seeds give others."""
    many = corpus(*(
        Document(f"m.f{number}", f"Count up to {number} and stop there.", f"f{number}(limit)\n{BODY}", "m", "function")
        for number in range(30)
    ))  # fmt: skip
    drawn = draw(many, items, 20)
    assert drawn == draw(many, items, 20)
    assert draw(many, items, 5) == drawn[:5]
    assert drawn != draw(many, items, 20, seed=2)
