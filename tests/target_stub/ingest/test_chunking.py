"""Chunking: whole sentences, overlap, bounds; nothing is lost and nothing invented. Scoring: by the formulas."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest

from target_stub.ingest.chunk import Chunk
from target_stub.ingest.chunking import ChunkSize, chunks_of
from target_stub.ingest.parser import Section
from target_stub.ingest.scoring import scored
from target_stub.ingest.sentences import paragraphs, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met Mr. J. Doe. They talked.", ["Dr. Smith met Mr. J. Doe.", "They talked."]),
        ("See e.g. Fig. 3 and pp. 4 of No. 7. Done.", ["See e.g. Fig. 3 and pp. 4 of No. 7.", "Done."]),
        ("It costs 3.50 today. Version 2.0.1 is out.", ["It costs 3.50 today.", "Version 2.0.1 is out."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("import os.path. and so on", ["import os.path. and so on"]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("No end here", ["No end here"]),
        ("  ", []),
        ("...", ["..."]),
        ("Grüße. Äpfel sind rot.", ["Grüße.", "Äpfel sind rot."]),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, expected: list[str]) -> None:
    """Abbreviations, numbers and initials end none."""
    assert list(sentences(text)) == expected


def test_paragraphs_are_set_apart_by_empty_lines() -> None:
    """Lines with blanks only are empty."""
    assert list(paragraphs("a\nb\n\n\nc\n  \nd\n")) == ["a\nb", "c", "d"]


def texts(text: str, max_chars: int, overlap_chars: int) -> list[str]:
    return [chunk.text for chunk in chunks_of([Section("", text)], ChunkSize(max_chars, overlap_chars))]


def test_chunks_are_whole_sentences_with_overlap() -> None:
    """As many as fit; the next one begins with the last that fit into the overlap."""
    text = "Aaaa. Bbbb. Cccc. Dddd. Eeee."
    assert texts(text, 17, 0) == ["Aaaa. Bbbb. Cccc.", "Dddd. Eeee."]
    assert texts(text, 17, 5) == ["Aaaa. Bbbb. Cccc.", "Cccc. Dddd. Eeee."]
    assert texts(text, 17, 4) == ["Aaaa. Bbbb. Cccc.", "Dddd. Eeee."]


def test_a_paragraphs_end_ends_a_chunk_that_is_half_full() -> None:
    """And nothing is repeated across it; a short paragraph goes with the next."""
    assert texts("Aaaa. Bbbb.\n\nCccc. Dddd.", 22, 8) == ["Aaaa. Bbbb.", "Cccc. Dddd."]
    assert texts("Aaaa.\n\nBbbb. Cccc.", 22, 8) == ["Aaaa. Bbbb. Cccc."]


def test_sections_are_never_mixed() -> None:
    """Each chunk stands under one heading."""
    found = chunks_of([Section("One", "A."), Section("Two", "B.")], ChunkSize(100, 10))
    assert [(chunk.heading, chunk.text) for chunk in found] == [("One", "A."), ("Two", "B.")]


@pytest.mark.parametrize("text", ["x" * 95, "word " * 30, "a" * 9 + " " + "b" * 41 + " c", "一" * 45])
def test_what_is_longer_than_a_chunk_is_cut(text: str) -> None:
    """At blanks where there are some, else anywhere; no chunk is longer, and every letter is there once."""
    found = texts(text, 20, 0)
    assert max(map(len, found)) <= 20
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_nothing_is_lost_or_invented_whatever_the_text() -> None:
    """Without overlap the chunks are the text; with it, each is a stretch of it and none is too long."""
    rng = Random(5)
    for _ in range(300):
        words = ["".join(rng.choices("abcdé", k=rng.randint(1, 12))) for _ in range(rng.randint(0, 60))]
        text = "".join(word + rng.choice([" ", " ", " ", ". ", "! ", "\n", "\n\n"]) for word in words)
        size = ChunkSize(max_chars := rng.randint(8, 60), rng.randint(0, max_chars // 2))
        flat = " ".join(text.split())
        plain = texts(text, size.max_chars, 0)
        assert "".join(plain).replace(" ", "") == flat.replace(" ", "")
        for chunk in texts(text, size.max_chars, size.overlap_chars):
            assert 0 < len(chunk) <= size.max_chars
            assert chunk.replace(" ", "") in flat.replace(" ", "")


def test_an_overlap_must_leave_room() -> None:
    """Else a chunk could repeat itself for ever."""
    for max_chars, overlap in ((0, 0), (10, 6), (10, -1)):
        with pytest.raises(ValueError, match="overlap"):
            ChunkSize(max_chars, overlap)


def test_scores_follow_their_formulas() -> None:
    """Against the formulas written out: mean probability of the content words over the best; share of content words."""
    chunks = [Chunk("", "The cat sat on the mat."), Chunk("", "A cat is a cat."), Chunk("", "And so it was.")]
    content = [["cat", "sat", "mat"], ["cat", "cat"], []]
    counts = Counter(word for each in content for word in each)
    total = sum(counts.values())
    weights = [sum(counts[word] / total for word in each) / len(each) if each else 0 for each in content]
    found = scored(chunks)
    for chunk, weight, density in zip(found, weights, (3 / 6, 2 / 5, 0.0), strict=True):
        assert math.isclose(chunk.importance, weight / max(weights), abs_tol=5e-5)
        assert math.isclose(chunk.density, density, abs_tol=5e-5)
    assert found[1].importance == 1


def test_texts_without_words_have_no_scores() -> None:
    """And divide by nothing."""
    assert [(each.importance, each.density) for each in scored([Chunk("", "... 。"), Chunk("", "the")])] == [(0, 0)] * 2
    assert scored([]) == []
