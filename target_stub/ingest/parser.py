"""Parser: the promise of reading one kind of file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Progress = Callable[[int, int], None]
"""Called with the parts read (pages, or the whole as one) and their number."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a text under one heading, which may be empty; paragraphs are set apart by empty lines."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The words of a file, in sections in their order; the title is empty when the file does not say it."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """How much of a file is read at most; what has more is refused."""

    pages: int = 2000
    text_chars: int = 20_000_000  # twice what a file of 10 MB of plain text has: a packed file may hold more


class Parser(Protocol):
    """Reads one kind of file."""

    def parse(self, path: Path, charset: str, limits: ParserLimits, progress: Progress) -> ParsedText:
        """Return the words of a file.

        Raises:
            UnreadableError: when it is broken, locked, empty or beyond the limits.
        """
        ...
