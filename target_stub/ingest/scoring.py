"""Scoring: how much a chunk says of what its text is about, and how much it says at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from target_stub.ingest.chunk import Chunk

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 (the apostrophe of typesetters)
SCORE_DIGITS = 4

_WORDS = """
a about above after again against all also although always am an and another any are as at be because been before
being below between both but by can could did do does doing done down during each either else ever every few for from
further get gets got had has have having he hence her here hers him his how however i if in into is it its itself just
least less let may me might more most much must my near need neither never no nor not now of off often on once one
only onto or other others our ours out over own per perhaps quite rather same shall she should since so some such than
that the their theirs them then there therefore these they this those though through thus to too under until unless up
upon us very was we well were what when where whether which while who whom whose why will with within without would
yet you your yours der die das den dem des ein eine einen einem einer eines und oder aber nicht ist sind war waren
wird werden mit von zu zum zur auf im in an am als auch bei bis durch für ich er sie es wir ihr man so nur noch wie
wenn dass
"""
FUNCTION_WORDS = frozenset(_WORDS.split())
"""Words that hold sentences together rather than say something; English, some German."""


def scored(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks of one text with their scores.

    With content words those that are not `FUNCTION_WORDS`, in lower case:

    importance: the mean over a chunk's content words w of p(w) = count of w / count of all, in the whole text (the
        sentence weight of SumBasic, Nenkova and Vanderwende 2005), divided by the greatest of the text: 1 for the chunk
        that uses the text's own most frequent words.
    density: content words / all words of the chunk (lexical density, Ure 1971): about 0.5 in prose, near 1 in a list of
        names, 0 where nothing is said.
    """
    words = [[word.lower() for word in WORD.findall(chunk.text)] for chunk in chunks]
    content = [[word for word in its if word not in FUNCTION_WORDS] for its in words]
    counts = Counter(word for its in content for word in its)
    total = counts.total()
    weights = [sum(counts[word] for word in its) / (len(its) * total) if its else 0.0 for its in content]
    greatest = max(weights, default=0.0)
    return [
        replace(
            chunk,
            importance=round(weight / greatest, SCORE_DIGITS) if greatest else 0.0,
            density=round(len(its) / len(every), SCORE_DIGITS) if every else 0.0,
        )
        for chunk, weight, its, every in zip(chunks, weights, content, words, strict=True)
    ]
