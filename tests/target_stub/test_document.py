"""Documents: titles are one line of a bounded length."""

from __future__ import annotations

import pytest

from target_stub.document import Document, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n  b\tc ", "a b c"),
        ("aaaa bbbb cccc", "aaaa bbbb"),
        ("aaaa bbbbb", "aaaa bbbbb"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaa"),
        (" \n ", ""),
    ],
)
def test_a_title_is_one_line_cut_between_words(text: str, expected: str) -> None:
    """White space collapses; what is longer than the limit ends with a whole word, where it has more than one."""
    assert one_line(text, max_chars=10) == expected


def test_the_title_is_embedded_before_the_text() -> None:
    """Embedders read only the first tokens, so the title must come first."""
    assert Document("id", "Title", "Text.", "package", "kind").passage == "Title\nText."
