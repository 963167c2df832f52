"""Queries that nobody asked before: no two the same, within a run and from run to run."""

from __future__ import annotations

from scenarios.bloom import Bloom
from scenarios.fresh_text import FEWEST_WORDS, FreshText, vocabulary

TEXTS = ("How to parse a date", "Return the name of the codec", "42 is no word, nor is _")


def test_a_vocabulary_holds_words_once_and_never_too_few():
    """Words of three letters and more, in order of appearance, filled up to a size that keeps queries short."""
    words = vocabulary(TEXTS)
    assert words[:8] == ("how", "parse", "date", "return", "the", "name", "codec", "word")
    assert len(words) == len(set(words)) == FEWEST_WORDS
    many = vocabulary(f"w{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(5000))
    assert len(many) == 4096


def test_no_two_queries_are_the_same():
    """A hundred thousand numbers give as many queries; other trials and other salts give others."""
    words = vocabulary(f"word{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}{'xyz'[n // 100]}" for n in range(300))
    sides = [FreshText(words, salt, trial) for salt, trial in ((7, 1), (7, 2), (8, 1))]
    asked = [{side.text(number) for number in range(40_000)} for side in sides]
    assert [len(its) for its in asked] == [40_000] * 3
    assert len(set.union(*asked)) == 120_000
    assert FreshText(words, 7, 1).text(39_999) in asked[0]


def test_a_bloom_filter_forgets_nothing():
    """What was added is known; of others hardly any is taken for known."""
    seen = Bloom()
    assert sum(seen.add(f"/a/{n}") for n in range(2000)) >= 1999
    assert not any(seen.add(f"/a/{n}") for n in range(2000))
