"""Search: from a query to an answer, kept, shared or retrieved anew. Nothing here knows of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from target_stub.answer import Answer, CacheResult
from target_stub.cache import Cache, CacheKey, key_of
from target_stub.collection import Collection
from target_stub.document import Document
from target_stub.embedding import Embedding
from target_stub.finding import Finding
from target_stub.flights import Flights
from target_stub.query import Query
from target_stub.retrieval import Retrieval, Retrieved

ADD_BATCH = 8  # texts embedded at once while adding: searches get their turn between


class Search:
    """Answers queries over one collection, and takes new documents into it."""

    def __init__(
        self,
        collection: Collection,
        embedding: Embedding,
        finding: Finding,
        cache: Cache | None,
        *,
        single_flight: bool,
    ) -> None:
        self.collection = collection
        self.embedding = embedding
        self.finding = finding
        self.cache = cache
        self._retrieval = Retrieval(collection, embedding, finding)
        self._flights: Flights[CacheKey, Retrieved] | None = Flights() if single_flight else None

    async def answer(self, query: Query) -> Answer:
        """Return the answer to a query, from the cache where that is allowed and has it."""
        if not query.use_cache or (self.cache is None and self._flights is None):
            computed = await self._retrieval.retrieve(query)
            return Answer(computed.body, CacheResult.OFF, computed.stages_s)
        started = perf_counter()
        key = key_of(query, self.collection.version)
        body = self.cache.get(key) if self.cache is not None else None
        looked_up = perf_counter()
        if body is not None:
            return Answer(body, CacheResult.HIT, {"cache": looked_up - started})
        return await self._miss(query, key, looked_up - started)

    async def _miss(self, query: Query, key: CacheKey, cache_s: float) -> Answer:
        if self._flights is None:
            computed, shared = await self._compute_and_keep(query, key), False
        else:
            started = perf_counter()
            computed, shared = await self._flights.share(key, lambda: self._compute_and_keep(query, key))
            if shared:  # its time went into waiting for another request's work
                return Answer(
                    computed.body, CacheResult.COALESCED, {"cache": cache_s, "queue": perf_counter() - started}
                )
        return Answer(computed.body, CacheResult.MISS, {"cache": cache_s, **computed.stages_s})

    async def _compute_and_keep(self, query: Query, key: CacheKey) -> Retrieved:
        computed = await self._retrieval.retrieve(query)
        if self.cache is not None and key.version == self.collection.version:
            self.cache.put(key, computed.body)
        return computed

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
        if self.cache is not None:
            self.cache.clear()

    def close(self) -> None:
        """Let the threads go."""
        self.embedding.close()
        self.finding.close()
