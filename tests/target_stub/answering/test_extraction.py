"""Answers by extraction: to the point, word for word from the passages, each sentence with its passage's number."""

from __future__ import annotations

import re
from random import Random

import pytest

from target_stub.answering.extraction import LARGE, NOTHING_FOUND, SMALL, Style, extract, sentences_of
from target_stub.answering.passage import Passage
from target_stub.answering.terms import terms

BREAD = Passage(
    1,
    "bread",
    "How to bake bread",
    "Knead the dough for ten minutes. Let it rise overnight in a cool place. Bake it at 250 degrees.\n\nEat it warm.",
)
TYRES = Passage(2, "tyres", "How to pump tyres", "Unscrew the cap. Pump the tyres to 6 bar, then screw the cap on.")
CHESS = Passage(3, "chess", "Chess openings", "Move the pawns early. Guard the king; bread may be eaten meanwhile.")
PASSAGES = (BREAD, TYRES, CHESS)


@pytest.mark.parametrize("style", [SMALL, LARGE])
@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How long must dough be kneaded?", "Knead the dough for ten minutes. [1]"),
        ("At how many degrees do I bake it?", "Bake it at 250 degrees. [1]"),
        ("What pressure for pumping tyres?", "How to pump tyres [2]"),
    ],
)
def test_the_sentence_that_answers_comes_first(style: Style, question: str, first: str) -> None:
    """By the words it shares with the question, in whatever form of the word."""
    assert extract(question, PASSAGES, style).startswith(first)


def test_no_word_is_invented() -> None:
    """Every sentence of every answer stands in the passage that it names."""
    rng = Random(7)
    words = [word for its in PASSAGES for word in f"{its.title} {its.text}".split()]
    for _ in range(200):
        question = " ".join(rng.sample(words, rng.randint(1, 8)))
        for style in (SMALL, LARGE, Style(1, 1, weighs_rarity=True)):
            answer = extract(question, PASSAGES, style)
            if answer == NOTHING_FOUND:
                continue
            for text, number in re.findall(r"(.+?) \[(\d)\](?: |$)", answer):
                assert text in sentences_of(PASSAGES[int(number) - 1])


@pytest.mark.parametrize("question", ["", "why?", "quantum chromodynamics", "\U0001f600", "the of and"])
def test_where_nothing_fits_that_is_said(question: str) -> None:
    """Silence is not an answer, and neither is a guess."""
    assert extract(question, PASSAGES, LARGE) == NOTHING_FOUND
    assert extract(question, (), LARGE) == NOTHING_FOUND


def test_the_large_style_reads_more_passages_and_says_more() -> None:
    """What only the third passage knows, the small style cannot say."""
    question = "Who must guard the king, and how early do pawns move?"
    assert extract(question, PASSAGES, SMALL) == NOTHING_FOUND
    answer = extract(question, PASSAGES, LARGE)
    assert "Guard the king; bread may be eaten meanwhile. [3]" in answer
    assert "Move the pawns early. [3]" in answer


def test_rare_words_count_more_in_the_large_style() -> None:
    """Where most sentences hold a word, it tells little about any of them."""
    passage = Passage(
        1, "", "Dates", "Parse a date fast. Parse a date often. Parse a date twice. Parse the zone slowly."
    )
    assert extract("parse the zone date", (passage,), Style(1, 1, weighs_rarity=True)) == "Parse the zone slowly. [1]"


def test_the_large_style_does_not_repeat_itself() -> None:
    """A sentence that adds no word of the question is left out."""
    passage = Passage(1, "", "Time", "Zones are named here. Zones are there. Zones and zones again. Nothing else.")
    assert extract("zones", (passage,), LARGE).count("[1]") == 1


def test_endless_lines_are_cut() -> None:
    """A sentence of a thousand words does not become an answer of a thousand words."""
    answer = extract("word", (Passage(1, "", "Title of it", "word " * 1000),), SMALL)
    assert len(answer) < 700
    assert "... [1]" in answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Parsing parsed parsers", ["pars", "pars", "pars"]),
        ("parse_date", ["pars", "dat"]),
        ("The of and", []),
        ("M\u00dcNCHEN caf\u00e9", ["m\u00fcnchen", "caf\u00e9"]),
        ("ids is as", ["ids"]),
    ],
)
def test_terms_are_words_without_their_endings(text: str, expected: list[str]) -> None:
    """Short words keep what they have."""
    assert terms(text) == expected
