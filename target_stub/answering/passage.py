"""Passage: a numbered piece of a document that an answer may be made from, and how passages stand in a prompt.

They stand between tags, which language models read well and programs can read back. A document is somebody else's text:
what looks like one of the tags inside of it is defused, so that no document can pass for another one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

OWN_TAG = re.compile(r"<(?=/?passage\b)", re.IGNORECASE)
DEFUSED_TAG = re.compile(r"&lt;(?=/?passage\b)", re.IGNORECASE)
WRITTEN = re.compile(r'<passage n="(\d{1,6})" title="([^"\n]*)">\n(.*?)\n</passage>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to answer from: its number in the prompt (from 1), the document's id and title, and how well it fits."""

    number: int
    document_id: str
    title: str
    text: str
    score: float = 0.0


def written(passage: Passage) -> str:
    """Return a passage as it stands in a prompt."""
    title = html.escape(" ".join(passage.title.split()))
    return f'<passage n="{passage.number}" title="{title}">\n{OWN_TAG.sub("&lt;", passage.text)}\n</passage>'


def read_back(prompt: str) -> Sequence[Passage]:
    """Return the passages that stand in a prompt, in its order; a document's id is not in it."""
    return [
        Passage(int(number), "", html.unescape(title), DEFUSED_TAG.sub("<", text))
        for number, title, text in WRITTEN.findall(prompt)
    ]


def without_passages(prompt: str) -> str:
    """Return what a prompt holds besides passages."""
    return WRITTEN.sub("", prompt)
