"""Retrieval: from a query to the encoded page of results: rank, cut, show, without any cache. Nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from target_stub.answer import SCORE_DIGITS, Shown, encode_page
from target_stub.collection import Collection
from target_stub.cursor import Cursors, Position
from target_stub.embedding import Embedding
from target_stub.finding import Finding
from target_stub.index import Neighbours
from target_stub.query import Query
from target_stub.ranking import Ranked, Ranking, Stages
from target_stub.rerank import Reranker
from target_stub.words import Words

MAX_REACH = 1000
"""Results that pages lead to: beyond, a narrower search finds sooner than more pages."""

TellBody = Callable[[str, bytes], None]
"""Called with a stage's name and the encoded page as it is after that stage, while a better one is being made."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The encoded results, and the seconds spent in each stage that happened, in their order."""

    body: bytes
    stages_s: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Retrieving:
    """What retrieval needs besides documents and vectors."""

    reranker: Reranker | None = None
    candidates: int = 100
    cursors: Cursors | None = None


class Retrieval:
    """Computes answers over one collection."""

    def __init__(
        self, collection: Collection, embedding: Embedding, finding: Finding, extras: Retrieving | None = None
    ) -> None:
        extras = extras or Retrieving()
        self.collection = collection
        self.cursors = extras.cursors or Cursors()
        self.reranker = extras.reranker
        self.ranking = Ranking(collection, embedding, finding, extras.reranker, extras.candidates)
        self._words = Words()

    async def retrieve(self, query: Query, tell: TellBody | None = None) -> Retrieved:
        """Return the page of results that a query asks for; `tell` hears of pages of less good rankings before."""
        version = self.collection.version
        stages = Stages()
        told = None
        if tell is not None:

            def told(stage: str, found: Neighbours) -> None:
                tell(stage, self._encoded(query, Ranked(found), version, Stages()))

        ranked = await self.ranking.rank(query, stages, told)
        stages.began()
        body = self._encoded(query, ranked, version, stages)
        stages.ended("serialise")
        return Retrieved(body, stages.seconds)

    def _encoded(self, query: Query, ranked: Ranked, version: str, stages: Stages) -> bytes:
        page, following = _page(query, ranked.neighbours)
        cursor = None if following is None else self.cursors.seal(following, asked_bytes(query), version)
        shown = Shown(self.collection, query, self._words if query.snippets else None)
        results = shown.results(page)
        if query.snippets:
            stages.ended("snippet")
        return encode_page(self.collection, query, results, cursor, ranked.facets)

    def opened(self, cursor: str, query: Query) -> Query:
        """Return the query that goes on behind a cursor.

        Raises:
            CursorError: when it leads nowhere from here.
        """
        return replace(query, after=self.cursors.open(cursor, asked_bytes(query), self.collection.version))


def asked_bytes(query: Query) -> bytes:
    """Return what a query asks for but for its page, the same for equal ones in every process."""
    return msgspec.json.encode(replace(query, after=None, use_cache=True, user=""), order="deterministic")


def _page(query: Query, found: Neighbours) -> tuple[Neighbours, Position | None]:
    """Return the results behind the page before, and where to go on, None at the end.

    What has the same place or a better one than the last result shown is left out, whatever its place in this
    ranking: an approximate index that finds more when asked for more must not show anything twice.
    """
    after, taken = query.after, 0
    if after is not None:
        behind, taken = (-after.score, after.row), after.taken
        found = [its for its in found if (-its[1], its[0]) > behind]
    if query.score_threshold is not None:
        threshold = query.score_threshold
        found = [its for its in found if round(its[1], SCORE_DIGITS) >= threshold]
    page = found[: query.k]
    if len(found) <= query.k or taken + query.k >= MAX_REACH:
        return page, None
    row, score = page[-1]
    return page, Position(score, row, taken + len(page))
