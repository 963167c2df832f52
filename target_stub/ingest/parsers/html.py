"""HTML: what a reader sees, headings as sections. The parser works on events, so no depth of nesting matters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from target_stub.document import one_line
from target_stub.ingest.parser import ParsedText, ParserLimits, Progress, Section
from target_stub.ingest.parsers.plain import bounded, decoded
from target_stub.ingest.unreadable import UnreadableError

UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = """
address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form header hr li
main nav ol option p pre section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = HEADINGS | frozenset(_BLOCKS.split())
PIECE_BYTES = 65_536


class HtmlParser:
    """Reads HTML as browsers do: whatever is wrong with it is mended."""

    def parse(self, path: Path, charset: str, limits: ParserLimits, progress: Progress) -> ParsedText:
        """Return the sections; the title is the page's, else the first heading of the first level."""
        content, encoding = _encoded(path.read_bytes(), charset)
        reader = _Reader(limits)
        parser = etree.HTMLParser(target=reader, encoding=encoding, huge_tree=True, recover=True)
        try:
            for start in range(0, len(content), PIECE_BYTES):
                parser.feed(content[start : start + PIECE_BYTES])
            parser.close()
        except (etree.LxmlError, ValueError) as error:
            raise UnreadableError("unreadable_text", f"the page cannot be read: {one_line(str(error))}") from error
        progress(1, 1)
        return ParsedText(one_line(reader.title) or reader.first_heading, tuple(reader.sections))


def _encoded(content: bytes, charset: str) -> tuple[bytes, str | None]:
    """Return the page's bytes and their encoding: UTF-8 where it can be had, else None, for what the page itself says.

    Raises:
        UnreadableError: when it is not in the charset named, or there is none of that name.
    """
    try:
        return decoded(content, charset).encode(), "utf-8"
    except UnreadableError:
        if charset:
            raise
    return content.replace(b"\0", b""), None


class _Reader:
    """Told of tags and texts in their order; collects what is seen."""

    def __init__(self, limits: ParserLimits) -> None:
        self.title = ""
        self.first_heading = ""
        self.sections: list[Section] = []
        self._limits = limits
        self._unseen = 0
        self._inside = ""  # title or a heading
        self._heading = ""
        self._words: list[str] = []
        self._label: list[str] = []
        self._chars = 0

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in HEADINGS or tag == "title":
            self._end_label()
            self._inside = tag
            if tag in HEADINGS:
                self._end_section()
        elif tag == "br":
            (self._label if self._inside else self._words).append("\n")
        elif tag in BLOCKS:
            if "".join(self._label).strip():  # a heading that was never closed
                self._end_label()
            self._words.append("\n\n")

    def end(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen -= 1
        elif tag == self._inside:
            self._end_label()
        elif tag in BLOCKS:
            self._words.append("\n\n")

    def data(self, text: str) -> None:
        if self._unseen:
            return
        self._chars += len(text)
        bounded(self._chars, self._limits)
        (self._label if self._inside else self._words).append(text)

    def close(self) -> None:
        self._end_label()
        self._end_section()

    def _end_label(self) -> None:
        label, inside = one_line("".join(self._label)), self._inside
        self._label, self._inside = [], ""
        if inside == "title":
            self.title = self.title or label
        elif inside:
            self._heading = label
            if inside == "h1":
                self.first_heading = self.first_heading or label

    def _end_section(self) -> None:
        paragraphs = (" ".join(each.split()) for each in re.split(r"\n\s*\n", "".join(self._words)))
        text = "\n\n".join(each for each in paragraphs if each)
        if text:
            self.sections.append(Section(self._heading, text))
        self._words = []
