"""KnownItem: a query with the one document that it was taken from, and the corpora without what is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from target_stub.corpus import Corpus, CorpusSource, Progress
from target_stub.document import Document
from target_stub.query import normal_form

MIN_WORDS = 4  # shorter summaries ("Return self.") name no document in particular
MIN_TEXT_CHARS = 80  # of what is left to find a document by
MAX_PARAMETERS = 5  # people who remember a call remember its first arguments
READER = 1  # raise it when the same corpus would become other documents
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class KnownItem:
    """What is asked, and the id of the document that answers it."""

    query: str
    document_id: str


@dataclass(frozen=True, slots=True)
class ItemSet:
    """How queries are taken from documents: a short name, and what is asked of what for people."""

    name: str
    about: str


SUMMARIES = ItemSet("A", "the first sentence of a docstring, asked of the rest of it, its signature and its name")
SIGNATURES = ItemSet("D", "the words of a name and of its parameters, asked of the docstring alone")
SETS = (SUMMARIES, SIGNATURES)


class HeldBackCorpus:
    """A corpus of which every document lacks what one of the sets asks for, so that no query is found word by word.

    For the summaries the title is taken out. For the signatures the first line of the text, the call, is taken out,
    and the id, which is a dotted name and is searched too, becomes a number.
    """

    def __init__(self, source: CorpusSource, items: ItemSet) -> None:
        self._source, self._items = source, items
        self.name = f"{source.name} without what set {items.name} asks for"

    def fingerprint(self) -> Mapping[str, Any]:
        """Return what the documents are made from."""
        return {"of": dict(self._source.fingerprint()), "held_back": self._items.name, "by": READER}

    def documents(self, progress: Progress) -> Iterator[Document]:
        """Yield every document of the source without what is asked for."""
        for number, document in enumerate(self._source.documents(progress)):
            yield held_back(document, number, self._items)


def held_back(document: Document, number: int, items: ItemSet) -> Document:
    """Return the document without what the set asks for; `number` is its place in the corpus."""
    if items is SUMMARIES:
        return replace(document, title="")
    return replace(document, id=_numbered(number), text=document.text.partition("\n")[2].strip())


def _numbered(number: int) -> str:
    return f"item{number:06}"


def draw(corpus: Corpus, items: ItemSet, most: int, seed: int = 1) -> tuple[KnownItem, ...]:
    """Return up to `most` known items of a whole corpus in seeded order, of equal queries none."""
    asked = [
        (_asked(document, items), document.id if items is SUMMARIES else _numbered(number))
        for number, document in enumerate(corpus.documents)
    ]
    seen = Counter(query.lower() for query, _ in asked)
    usable = [KnownItem(query, identity) for query, identity in asked if query and seen[query.lower()] == 1]
    Random(f"{seed}:{items.name}").shuffle(usable)  # noqa: S311 - a seeded draw, not a secret
    return tuple(usable[:most])


def _asked(document: Document, items: ItemSet) -> str:
    """Return the query of a document, or nothing where it would say too little or is asked of too little."""
    if items is SUMMARIES:
        query, left = normal_form(document.title), document.text
        enough = len(query.split()) >= MIN_WORDS and query.lower() not in " ".join(left.split()).lower()
    else:
        call, _, rest = document.text.partition("\n")
        query, left = _call_words(document.id, call), f"{document.title}\n{rest.strip()}"
        enough = bool(query)
    return query if enough and len(left) >= MIN_TEXT_CHARS else ""


def _call_words(symbol: str, call: str) -> str:
    """Return the words of the last two names of a symbol and of its first parameters; nothing where it has none."""
    name, opened, parameters = call.rstrip(")").partition("(")
    if not opened or not parameters or not symbol.endswith(name):
        return ""
    asked: Sequence[str] = [*symbol.split(".")[-2:], *parameters.split(", ")[:MAX_PARAMETERS]]
    return " ".join(word.lower() for part in asked for word in WORD.findall(CAMEL.sub(" ", part)))
