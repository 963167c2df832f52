"""Extraction: an answer made of sentences that stand in the passages, word for word, each with its passage's number.

No language model: what is said can be found in a source, so that anybody can judge whether it is to the point.
Sentences are chosen by the words they share with the question; a `Style` says how much care is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from target_stub.answering.passage import Passage
from target_stub.answering.terms import terms

NOTHING_FOUND = "The passages do not answer this question."
MAX_SENTENCE_CHARS = 320
MIN_SENTENCE_CHARS = 12
AGAIN = 0.3  # what a question's word counts that an earlier sentence has said already
TITLE = 0.5  # what a question's word counts that only the passage's title holds
RANK = 0.15  # what each place further down costs, as a share: retrieval has put the best passage first
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(`])|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Style:
    """How an answer is extracted: from how many passages, in how many sentences, and whether rare words count more."""

    passages: int
    sentences: int
    weighs_rarity: bool


SMALL = Style(passages=2, sentences=2, weighs_rarity=False)
LARGE = Style(passages=20, sentences=4, weighs_rarity=True)


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    number: int
    rank: int
    terms: frozenset[str]
    title_terms: frozenset[str]


def extract(question: str, passages: Sequence[Passage], style: Style) -> str:
    """Return the answer, or `NOTHING_FOUND` where no sentence shares a word with the question."""
    asked = frozenset(terms(question))
    sentences = [its for its in _sentences(passages[: style.passages]) if asked & (its.terms | its.title_terms)]
    weights = _weights(asked, sentences, weighs_rarity=style.weighs_rarity)
    chosen: list[_Sentence] = []
    said: frozenset[str] = frozenset()
    while sentences and len(chosen) < style.sentences:
        best = max(sentences, key=lambda its: _value(its, weights, said))
        if chosen and not (best.terms & asked) - said and style.weighs_rarity:
            break  # it would only repeat
        sentences.remove(best)
        chosen.append(best)
        said |= best.terms - best.title_terms  # a title names what the answer is about, and is none itself
    return " ".join(f"{its.text} [{its.number}]" for its in chosen) or NOTHING_FOUND


def _value(sentence: _Sentence, weights: Mapping[str, float], said: frozenset[str]) -> float:
    """Return how much of the question a sentence answers; long ones must answer more to be worth the same."""
    shared = 0.0
    for term, weight in weights.items():
        held = 1.0 if term in sentence.terms else TITLE if term in sentence.title_terms else 0.0
        shared += held * weight * (AGAIN if term in said else 1.0)
    return shared / (1 + RANK * sentence.rank) / (1 + log(1 + len(sentence.terms)))


def _weights(asked: frozenset[str], sentences: Sequence[_Sentence], *, weighs_rarity: bool) -> dict[str, float]:
    """Return each asked term's weight: 1, or its inverse document frequency over the sentences at hand."""
    if not weighs_rarity:
        return dict.fromkeys(sorted(asked), 1.0)
    held = Counter(term for sentence in sentences for term in sentence.terms)
    return {term: log(1 + len(sentences) / (1 + held[term])) for term in sorted(asked)}


def _sentences(passages: Sequence[Passage]) -> Iterator[_Sentence]:
    for rank, passage in enumerate(passages):
        title_terms = frozenset(terms(passage.title))
        for text in sentences_of(passage):
            yield _Sentence(text, passage.number, rank, frozenset(terms(text)), title_terms)


def sentences_of(passage: Passage) -> list[str]:
    """Return the sentences of a passage, its title being the first, each once and on one line."""
    parts = [passage.title, *END.split(passage.text)]
    lines = (" ".join(part.split()) for part in parts)
    return list(dict.fromkeys(_cut(line) for line in lines if len(line) >= MIN_SENTENCE_CHARS))


def _cut(line: str) -> str:
    return line if len(line) <= MAX_SENTENCE_CHARS else line[:MAX_SENTENCE_CHARS].rpartition(" ")[0] + " ..."
