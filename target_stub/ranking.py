"""Ranking: from a query to rows with scores, by words, by vectors or by both, and once more by a better model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from target_stub.collection import Collection
from target_stub.embedder import Vector
from target_stub.embedding import Embedding
from target_stub.facet import facet_counts
from target_stub.finding import Finding
from target_stub.fusion import Fusion, fuse, scaled
from target_stub.index import Neighbours, best_of
from target_stub.keyword import Scores
from target_stub.query import Query
from target_stub.rerank import Reranker
from target_stub.table import Numbers

Tell = Callable[[str, Neighbours], None]
"""Called with the name of a stage (keyword, fused) and its ranking while a better one is being made."""


@dataclass(slots=True)
class Stages:
    """Seconds by stage, in the order in which they happened."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=perf_counter)

    def began(self) -> None:
        """Note that a stage begins."""
        self._since = perf_counter()

    def ended(self, stage: str) -> None:
        """Note that a stage ends here, and the next begins."""
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with scores, best first, at least one more than was asked for where there are more; and facets."""

    neighbours: Neighbours
    facets: Mapping[str, Any] | None = None


class Ranking:
    """Ranks the documents of one collection."""

    def __init__(
        self,
        collection: Collection,
        embedding: Embedding,
        finding: Finding,
        reranker: Reranker | None = None,
        candidates: int = 100,
    ) -> None:
        self.collection = collection
        self._embedding = embedding
        self._finding = finding
        self._reranker = reranker
        self._candidates = candidates

    async def rank(self, query: Query, stages: Stages, tell: Tell | None = None) -> Ranked:
        """Return the ranking that a query asks for."""
        needed = query.k + 1 + (query.after.taken if query.after else 0)
        if query.mode == "vector":
            depth = max(needed, query.rerank, self._candidates if query.facets else 0)
            found = await self._by_vectors(query, await self._embedded(query, stages), depth, stages)
            holding, pool = None, found
        else:
            stages.began()
            words = self._by_words(query)
            allowed = self._allowed(query, words)
            found = _best(allowed, max(needed, query.rerank, self._candidates))
            stages.ended("keyword")
            holding, pool = words, []
            if query.mode == "hybrid":
                if tell is not None:
                    tell("keyword", found)
                found, pool = await self._fused(query, allowed, stages)
        if query.rerank and self._reranker is not None:
            if tell is not None:
                tell("fused" if query.mode == "hybrid" else query.mode, found)
            found = await self._reranked(query, self._reranker, found, stages)
        return Ranked(found, self._facets(query, holding, pool, stages) if query.facets else None)

    async def _embedded(self, query: Query, stages: Stages) -> Vector:
        embedded = await self._embedding.embed([query.text])
        if embedded.queue_s:
            stages.seconds["queue"] = embedded.queue_s
        stages.seconds["embed"] = embedded.embed_s
        stages.began()
        vector: Vector = embedded.vectors[0]
        return vector

    async def _by_vectors(self, query: Query, vector: Vector, depth: int, stages: Stages) -> Neighbours:
        """Return the nearest; a query of which the embedder knows no part is near to nothing."""
        found: Neighbours = []
        if vector.any():
            where = query.where or None
            found = await self._finding.find(vector, depth, exact=query.exact, ef=query.ef, where=where)
        stages.ended("ann")
        return found

    def _by_words(self, query: Query) -> Scores:
        """Return the score of every row; 0 where it has none of the words or may not be found."""
        keywords, rows = self.collection.keywords, self.collection.table.rows
        if keywords is None:
            return np.zeros(len(rows))
        scores = keywords.scores(query.text)
        selection = rows.selection(None)  # the filter comes later, since facets count without it
        return scores if selection is None else np.where(selection.mask[: len(scores)], scores, 0.0)

    async def _fused(self, query: Query, allowed: Scores, stages: Stages) -> tuple[Neighbours, Neighbours]:
        vector = await self._embedded(query, stages)
        near = await self._by_vectors(query, vector, self._candidates, stages)
        near = [its for its in near if its[0] < len(allowed)]  # added while the query was being embedded
        rows = np.union1d(_best_rows(allowed, self._candidates), np.array([row for row, _ in near], np.int64))
        by_vectors = (self.collection.table.rows.vectors[rows] @ vector).astype(np.float64)
        fused = fuse(query.fusion or Fusion(), allowed[rows], by_vectors)
        found = _ordered(rows, fused)
        stages.ended("fuse")
        return found, near

    def _allowed(self, query: Query, words: Scores) -> Scores:
        selection = self.collection.table.rows.selection(query.where) if query.where else None
        return words if selection is None else np.where(selection.mask[: len(words)], words, 0.0)

    async def _reranked(self, query: Query, reranker: Reranker, found: Neighbours, stages: Stages) -> Neighbours:
        best = found[: max(query.rerank, query.k)]
        if not best:
            return []
        stages.began()
        rows = [row for row, _ in best]
        near = await reranker.similarities(query.text, rows, [self.collection[row] for row in rows])
        first = scaled(np.array([score for _, score in best]))
        again = (1 - reranker.weight) * first + reranker.weight * scaled(near)
        stages.ended("rerank")
        return best_of(list(zip(rows, again.tolist(), strict=True)), len(rows))

    def _facets(self, query: Query, holding: Scores | None, pool: Neighbours, stages: Stages) -> Mapping[str, Any]:
        stages.began()
        mask = None if holding is None else holding > 0
        counts: Mapping[str, Any] = facet_counts(
            self.collection.table.rows, query.facets, mask, [row for row, _ in pool], query.where
        )
        stages.ended("facets")
        return counts


def _best_rows(scores: Scores, k: int) -> Numbers:
    """Return the rows of the k largest scores above 0, in no order; ties at the end go to the lower rows."""
    rows = np.flatnonzero(scores)
    if len(rows) > k:
        values = scores[rows]
        least = np.partition(values, len(values) - k)[len(values) - k]
        rows = rows[values >= least]
        rows = rows[np.argsort(-scores[rows], kind="stable")[:k]]
    return rows


def _best(scores: Scores, k: int) -> Neighbours:
    rows = _best_rows(scores, k)
    return _ordered(rows, scores[rows])


def _ordered(rows: Numbers, scores: Scores) -> Neighbours:
    order = np.lexsort((rows, -scores))
    return list(zip(rows[order].tolist(), scores[order].tolist(), strict=True))
