"""FreshText: queries that nobody asked before: words put together by number, so that no two are the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from scenarios.chance import mixed

_BITS = 40
_MASK = 2**_BITS - 1
_HALF = _BITS // 2
TRIAL_BITS, ARRIVAL_BITS = 10, 30
MOST_WORDS = 4096  # of a vocabulary: four of them make 2^48 queries
FEWEST_WORDS = 64  # a smaller vocabulary is filled up with made-up words, lest queries get long

_WORD = re.compile(r"[^\W\d_]{3,20}")
_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou")


def vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of some texts, at most 4 096 different ones in order of appearance, filled up when few."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
        if len(found) >= MOST_WORDS:
            break
    words = list(found)[:MOST_WORDS]
    made_up = (f"{first}{second}" for first in _SYLLABLES for second in _SYLLABLES)
    while len(words) < FEWEST_WORDS:
        word = next(made_up)
        if word not in found:
            words.append(word)
    return tuple(words)


class FreshText:
    """Turns numbers into queries, one to one.

    A number is scrambled within 40 bits and written in the base of the vocabulary, a word for each digit. `salt`
    differs from run to run and `trial` within one, so that no run asks what a service may still keep from another.
    """

    def __init__(self, words: tuple[str, ...], salt: int, trial: int) -> None:
        self._words = words
        self._salt = mixed(salt) & _MASK  # spread, lest near salts reach the same numbers
        self._trial = (trial & (2**TRIAL_BITS - 1)) << ARRIVAL_BITS
        self._digits = math.ceil(_BITS / math.log2(len(words)))

    def text(self, number: int) -> str:
        """Return the query of a number below 2^30; other numbers give other queries."""
        rest = _scrambled((self._trial | number) ^ self._salt)
        base = len(self._words)
        words = []
        for _ in range(self._digits):
            rest, digit = divmod(rest, base)
            words.append(self._words[digit])
        return " ".join(words)


def _scrambled(number: int) -> int:
    """Return a 40-bit number scrambled one to one: odd factors and shifted sums can all be undone."""
    number = (number * 0x9E3779B97F) & _MASK
    number ^= number >> _HALF
    number = (number * 0xD1B54A32D1) & _MASK
    return number ^ (number >> _HALF)
