"""Snippets: the right words are marked, the best stretch is shown, and nothing of a document is ever HTML."""

from __future__ import annotations

import html
import re

import pytest

from target_stub.snippet import ELLIPSIS, Snippets
from target_stub.words import Words

WORDS = Words()


def test_words_of_one_stem_are_marked_as_they_are_spelt() -> None:
    """Whatever their case and ending; other words are not."""
    marked = Snippets("parsing a date", WORDS).marked("Parses dates; a parse_date(x) update it PARSED.")
    assert marked == (
        "<mark>Parses</mark> <mark>dates</mark>; a <mark>parse_date</mark>(x) update it <mark>PARSED</mark>."
    )


def test_what_a_document_says_is_escaped() -> None:
    """Tags, entities and quotes are text, also inside of a mark and when the query asks for them."""
    hostile = "<img src=x onerror=alert('bread')> &amp; \"bread\" </mark><script>"
    snippets = Snippets("bread <script> alert onerror", WORDS)
    for shown in (snippets.marked(hostile), snippets.best(hostile)):
        without_marks = re.sub(r"</?mark>", "", shown)
        assert not re.search(r"[<>\"']", without_marks)
        assert html.unescape(without_marks) == hostile


def test_the_window_shows_where_most_of_the_query_is() -> None:
    """Distinct words count more than one word many times."""
    filler = "lorem ipsum dolor sit amet " * 40
    text = f"bread bread bread bread {filler} the bread is in the oven {filler}"
    shown = Snippets("bread oven", WORDS).best(text)
    assert "<mark>bread</mark> is in the <mark>oven</mark>" in shown
    assert shown.startswith(ELLIPSIS)
    assert shown.endswith(ELLIPSIS)
    plain = re.sub(r"</?mark>", "", shown)
    assert len(plain) <= 240 + 2 * len(ELLIPSIS)
    assert all(word in text.split() for word in plain.strip(ELLIPSIS).split())


def test_without_a_match_the_text_begins_at_its_beginning() -> None:
    """A document found by meaning alone still shows what it is about."""
    text = "One two three four. " * 30
    shown = Snippets("bread", WORDS).best(text)
    assert shown.startswith("One two")
    assert shown.endswith(ELLIPSIS)
    assert "<mark>" not in shown
    assert Snippets("bread", WORDS).best("") == ""


@pytest.mark.parametrize("query", ["😀" * 500, "\ufdd0", "", "the", "(", "\\", "a|b", "[z-a]", "a" * 2000])
def test_any_query_marks_without_failing(query: str) -> None:
    """Signs that mean something in patterns are signs."""
    shown = Snippets(query, WORDS).best("a (b) \\ [z-a] 😀 \ufdd0 " + "a" * 3000)
    assert ELLIPSIS in shown


def test_a_text_without_blanks_is_cut_all_the_same() -> None:
    """A key or a long address has no word's end."""
    text = "x" * 5000 + "/bread/" + "y" * 5000
    shown = Snippets("bread", WORDS).best(text)
    assert "<mark>bread</mark>" in shown
    assert len(shown) < 300
