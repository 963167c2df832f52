"""Search: from a query to an answer, kept, shared or retrieved anew. Nothing here knows of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from target_stub.answer import Answer, CacheResult
from target_stub.cache import CacheKey, Origin, Selection
from target_stub.caches.tiers import Tiers
from target_stub.collection import Collection
from target_stub.document import Document
from target_stub.embedder import Vector
from target_stub.embedding import Embedding
from target_stub.finding import Finding
from target_stub.flights import Flights
from target_stub.index import Neighbours
from target_stub.query import Query
from target_stub.retrieval import Retrieval, Retrieving, TellBody

ADD_BATCH = 8  # texts embedded at once while adding: searches get their turn between


@dataclass(frozen=True, slots=True)
class Sharing:
    """What searches share: finished answers, work under way, and whether across users."""

    tiers: Tiers | None
    single_flight: bool = True
    per_user: bool = False


class Search:
    """Answers queries over one collection, and takes new documents into it."""

    def __init__(
        self,
        collection: Collection,
        embedding: Embedding,
        finding: Finding,
        sharing: Sharing,
        extras: Retrieving | None = None,
    ) -> None:
        self.collection = collection
        self.embedding = embedding
        self.finding = finding
        self.tiers = sharing.tiers
        self.changed: list[Callable[[], None]] = []  # called when documents have changed, and old answers are forgotten
        self.successor: Search | None = None
        self._per_user = sharing.per_user
        self.retrieval = Retrieval(collection, embedding, finding, extras)
        self._flights: Flights[CacheKey, Answer] | None = Flights() if sharing.single_flight else None

    async def answer(self, query: Query, tell: TellBody | None = None) -> Answer:
        """Return the answer to a query, from the cache where that is allowed and has it.

        Where it is computed for this caller, `tell` hears of less good rankings on the way.
        """
        if not query.use_cache or (self.tiers is None and self._flights is None):
            computed = await self.retrieval.retrieve(query, tell)
            return Answer(computed.body, CacheResult.OFF, computed.stages_s)
        started = perf_counter()
        key = self.key_of(query)
        body = None if self.tiers is None else self.tiers.get(key)
        looked_up = perf_counter()
        if body is not None:
            return Answer(body, CacheResult.HIT, {"cache": looked_up - started})
        return await self._miss(key, looked_up - started, tell)

    def key_of(self, query: Query) -> CacheKey:
        """Return what the answer to a query is kept under."""
        return CacheKey(query, self.collection.version, query.user if self._per_user else "")

    async def _miss(self, key: CacheKey, cache_s: float, tell: TellBody | None) -> Answer:
        if self._flights is None:
            found = await self._fetch_or_compute(key, Origin.REQUEST, tell)
        else:
            started = perf_counter()
            found, shared = await self._flights.share(key, lambda: self._fetch_or_compute(key, Origin.REQUEST, tell))
            if shared:  # its time went into waiting for another request's work
                waited_s = perf_counter() - started
                return Answer(found.body, CacheResult.COALESCED, {"cache": cache_s, "queue": waited_s})
        return Answer(found.body, found.cache, {"cache": cache_s, **found.stages_s})

    async def _fetch_or_compute(self, key: CacheKey, origin: Origin, tell: TellBody | None = None) -> Answer:
        tiers = self.tiers
        stages_s: dict[str, float] = {}
        if tiers is not None and tiers.second is not None:
            started = perf_counter()
            body = await tiers.fetch(key)
            stages_s["l2"] = perf_counter() - started
            if body is not None:
                return Answer(body, CacheResult.HIT_L2, stages_s)
        era = 0 if tiers is None else tiers.era
        computed = await self.retrieval.retrieve(key.query, tell)
        # what was found in documents that have changed since, or is to be forgotten, is for those who wait for it only
        if tiers is not None and tiers.era == era and key.version == self.collection.version:
            tiers.put(key, computed.body, origin)
        return Answer(computed.body, CacheResult.MISS, {**stages_s, **computed.stages_s})

    async def foresee(self, query: Query, origin: Origin) -> bool:
        """Compute an answer before it is asked for; return whether that was needed."""
        key = self.key_of(query)
        if self.tiers is None or (self.tiers.first is not None and key in self.tiers.first):
            return False
        if self._flights is None:
            await self._fetch_or_compute(key, origin)
            return True
        _, shared = await self._flights.share(key, lambda: self._fetch_or_compute(key, origin))
        return not shared

    async def add(self, documents: Sequence[Document]) -> None:
        """Embed documents with new ids and append them; from then on every search sees them.

        Raises:
            ValueError: when an id is taken, also if it was taken while the documents were being embedded.
        """
        batches = [documents[start : start + ADD_BATCH] for start in range(0, len(documents), ADD_BATCH)]
        embedded = []
        for batch in batches:
            embedded.append((await self.embedding.embed([document.passage for document in batch])).vectors)
            await asyncio.sleep(0)
        self.collection.add(documents, np.concatenate(embedded))
        self.documents_changed()

    def documents_changed(self) -> None:
        """Forget the answers over the documents before; the second level's are under another version, and grow old."""
        if self.tiers is not None:
            self.tiers.forget_here(Selection())
        for told in self.changed:
            told()

    async def exactly(self, vector: Vector, k: int) -> Neighbours:
        """Return the k nearest rows by the exact scan, in a thread: many documents take some milliseconds."""
        return await asyncio.to_thread(self.collection.nearest, vector, k, exact=True)

    def retire(self, successor: Search) -> None:
        """Note that another search has taken this one's place: what has begun here ends here, changes go there."""
        self.successor = successor
        self.changed.clear()

    def close(self) -> None:
        """Let the threads go."""
        self.embedding.close()
        self.finding.close()
        if self.retrieval.reranker is not None:
            self.retrieval.reranker.close()
