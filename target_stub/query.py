"""Query: what a search asks for, already checked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from target_stub.cursor import Position
from target_stub.filter import Filter
from target_stub.fusion import Fusion

MAX_QUERY_CHARS = 2000
NOT_PRINTED = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
NO_FILTER = Filter()


@dataclass(frozen=True, slots=True)
class Query:
    """A search: the words in normal form, how many results, and how to find them.

    Two are equal when they have the same answer: a field that changes none says `compare=False`, all others are hashed.
    """

    text: str
    k: int = 10
    mode: str = "vector"
    exact: bool = False
    ef: int | None = None
    use_cache: bool = field(default=True, compare=False)
    user: str = field(default="", compare=False)  # who asks; in the cache's key where answers depend on it
    fusion: Fusion | None = None  # of mode hybrid
    rerank: int = 0  # how many of the best are ranked again by the better model
    where: Filter = NO_FILTER
    facets: tuple[str, ...] = ()
    score_threshold: float | None = None
    snippets: bool = False
    with_text: bool = False
    after: Position | None = None  # where the page before ended


def normal_form(text: str) -> str:
    """Return the text with composed characters (NFC), and white space and control characters as single blanks.

    What is embedded and what the cache is asked for is the same text, so that it changes nothing but spelling.
    """
    if text.isascii() and text.isprintable() and "  " not in text:  # most queries, at a tenth of the cost
        return text.strip()
    return NOT_PRINTED.sub(" ", unicodedata.normalize("NFC", text)).strip()
