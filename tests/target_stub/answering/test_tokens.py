"""Counting tokens, by the numbers that Llama 2's tokenizer is known to give."""

from __future__ import annotations

import pytest

from target_stub.answering.tokens import count_tokens, cut_to_tokens, token_texts

TEXTS = [
    "",
    "Hello world",
    "Return the sum of  squares, caf\u00e9 \U0001f600 [1].\nNext line.",
    "   ",
    "x" * 500,
    "\U0001f600" * 20,
]


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("Hello world", 2), ("Hello, world!", 4), ("\U0001f600", 5)],
)
def test_the_counts_are_llamas(text: str, count: int) -> None:
    """Hello, world! is ▁Hello , ▁world ! in every Llama 2; an emoji is a blank and its four bytes."""
    assert count_tokens(text) == count


@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_are_the_text(text: str) -> None:
    """Joined they are it again, and none is empty."""
    pieces = token_texts(text)
    assert "".join(pieces) == text
    assert "" not in pieces
    assert len(pieces) <= count_tokens(text)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("most", [0, 1, 3, 8, 1000])
def test_what_is_cut_is_a_beginning_within_the_limit(text: str, most: int) -> None:
    """Never more tokens than asked for, and nothing but the text's own beginning."""
    cut = cut_to_tokens(text, most)
    assert text.startswith(cut)
    assert count_tokens(cut) <= most


def test_a_text_that_fits_is_left_alone_and_words_are_kept_whole() -> None:
    """A cut inside of a word goes back to its beginning."""
    assert cut_to_tokens("Hello, world!", 4) == "Hello, world!"
    assert cut_to_tokens("Knead the dough overnightly", 6) == "Knead the dough"
