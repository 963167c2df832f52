"""Queries in normal form: what differs in spelling only is one query."""

from __future__ import annotations

import unicodedata

import pytest

from target_stub.query import normal_form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words", "plain words"),
        ("  around  and   between ", "around and between"),
        (" leading", "leading"),
        ("tab\tand\r\nline", "tab and line"),
        ("nul\x00 and\x1b[31m escape\x7f", "nul and [31m escape"),
        ("non\u00a0breaking\u2003wide", "non breaking wide"),
        ("cafe\u0301", "caf\u00e9"),
        ("Case Stays", "Case Stays"),
        ("漢字 😀", "漢字 😀"),
        ("\x00\u2028 \x85", ""),
        ("", ""),
    ],
)
def test_a_query_has_one_normal_form(text: str, expected: str) -> None:
    """White space and control characters become single blanks, accents are composed, letters stay as they are."""
    assert normal_form(text) == expected


def test_the_quick_way_gives_what_the_thorough_one_would() -> None:
    """Plain ASCII is not looked at character by character; the result must be the same."""
    for code in range(128):
        text = f"a{chr(code)}b"
        characters = (" " if not c.isprintable() or c.isspace() else c for c in unicodedata.normalize("NFC", text))
        assert normal_form(text) == " ".join("".join(characters).split())
