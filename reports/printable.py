"""Text from outside made printable: names may hold anything; a page, an XML file or a terminal must survive them."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What XML 1.0 forbids, what terminals obey, and what turns the direction of writing around."""


def printable(text: str) -> str:
    """Return text in which every character that cannot or should not be printed is replaced; lines stay lines."""
    return _UNPRINTABLE.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """Return printable text on one line."""
    return " ".join(printable(text).split("\n")).replace("\r", " ").replace("\t", " ")
