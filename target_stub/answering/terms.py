"""Terms: the words of a text that carry its meaning, in a form in which equal words are equal."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
SHORTEST_STEM = 3
SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "ly", "y", "e")

STOP_WORDS = frozenset(
    """
    a about all also an and any are as at be been but by can could did do does each for from get give had has have
    how i if in into is it its just like made make many may me might more most must my need no not of on one only or
    other our out over please should show so some such tell than that the their them then there these they this
    those through to too under up use used using very want was way we well were what when where which while who whom
    whose why will with within without would you your
    """.split()  # noqa: SIM905 (a hundred quoted words would be harder to read)
)


def terms(text: str) -> list[str]:
    """Return the terms of a text in its order, with repetitions; `parse_date` is two words."""
    return [stem(word) for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """Return a word without its ending, as far as three characters stay: parsing, parsed and parser are one."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM:
            return word[: -len(suffix)]
    return word
