"""Sentences: where one ends and the next begins. Rules, no model: good enough to not cut in the middle of a thought."""

from __future__ import annotations

import re
from collections.abc import Iterator

PARAGRAPH_END = re.compile(r"\n\s*\n")

_SHORT = """
mr mrs ms dr prof sr jr st vs etc al fig figs no nos vol pp ed eds cf approx dept est inc ltd co corp e.g i.e
bzw ca z.b d.h u.a usw nr bd hrsg sog
"""
ABBREVIATIONS = frozenset(_SHORT.split())
"""Words whose full stop ends no sentence, in lower case and without that stop; English, some German."""

_END = re.compile(r"""(?:[.!?…]+["'”’»)\]]*(?=\s)|[。！？]+["'”’»」』）]*)""")  # noqa: RUF001 (marks of CJK texts)
_LAST_WORD = re.compile(r"(\S+)\Z")


def sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of a paragraph, trimmed; joined by blanks they are its words, in their order."""
    start = 0
    for end in _END.finditer(paragraph):
        if _ends_here(paragraph, start, end):
            sentence = paragraph[start : end.end()].strip()
            if sentence:
                yield sentence
            start = end.end()
    rest = paragraph[start:].strip()
    if rest:
        yield rest


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text, which are set apart by empty lines."""
    for paragraph in PARAGRAPH_END.split(text):
        if paragraph.strip():
            yield paragraph.strip()


def _ends_here(paragraph: str, start: int, end: re.Match[str]) -> bool:
    if not end.group().startswith("."):
        return True
    following = paragraph[end.end() : end.end() + 40].lstrip()
    if following[:1].islower():
        return False
    last = _LAST_WORD.search(paragraph, max(start, end.start() - 40), end.start())
    word = last.group(1).lstrip("(\"'“‘[").lower() if last else ""  # noqa: RUF001 (quotation marks)
    return not (word in ABBREVIATIONS or (len(word) == 1 and word.isalpha()))
