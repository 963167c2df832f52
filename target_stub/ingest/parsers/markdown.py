"""Markdown: headings become sections, marks and addresses are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from target_stub.document import one_line
from target_stub.ingest.parser import ParsedText, ParserLimits, Progress, Section
from target_stub.ingest.parsers.plain import bounded, decoded

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<facts>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:[ \t]*(?P<title>\S.*?)[ \t]*$", re.MULTILINE)
CODE = ("fence", "code_block")


class MarkdownParser:
    """Reads CommonMark with tables."""

    def parse(self, path: Path, charset: str, limits: ParserLimits, progress: Progress) -> ParsedText:
        """Return the sections; the title is that of the front matter, else the first heading of the first level."""
        text = decoded(path.read_bytes(), charset)
        bounded(len(text), limits)
        front = FRONT_MATTER.match(text)
        title = _front_title(front["facts"]) if front else ""
        tokens = MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)
        sections = tuple(_sections(tokens))
        progress(1, 1)
        first = next((one_line(_words(after)) for token, after in _headings(tokens) if token.tag == "h1"), "")
        return ParsedText(title or first, sections)


def _front_title(facts: str) -> str:
    found = FRONT_TITLE.search(facts)
    return one_line(found["title"].strip("\"'")) if found else ""


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Yield each heading's opening with its words."""
    return ((token, after) for token, after in pairwise(tokens) if token.type == "heading_open")


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    heading, in_heading = "", False
    paragraphs: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            if paragraphs:
                yield Section(heading, "\n\n".join(paragraphs))
            paragraphs, in_heading = [], True
        elif token.type == "inline" and in_heading:
            heading, in_heading = one_line(_words(token)), False
        elif token.type == "inline" and (words := _words(token)):
            paragraphs.append(words)
        elif token.type in CODE and token.content.strip():
            paragraphs.append(token.content.strip())
    if paragraphs:
        yield Section(heading, "\n\n".join(paragraphs))


def _words(inline: Token) -> str:
    """Return what is read of a line: texts, code, and the descriptions of pictures."""
    words = []
    for child in inline.children or ():
        if child.type in ("text", "code_inline"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif child.type == "image":
            words.append(child.content)
    return "".join(words).strip()
