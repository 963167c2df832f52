"""Retrieval: from a query to the encoded results: embed, find, encode, without any cache. Nothing of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from target_stub.answer import encode_results
from target_stub.collection import Collection
from target_stub.embedding import Embedding
from target_stub.finding import Finding
from target_stub.query import Query


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The encoded results, and the seconds spent in each stage that happened, in their order."""

    body: bytes
    stages_s: dict[str, float]


class Retrieval:
    """Computes answers over one collection."""

    def __init__(self, collection: Collection, embedding: Embedding, finding: Finding) -> None:
        self.collection = collection
        self.embedding = embedding
        self.finding = finding

    async def retrieve(self, query: Query) -> Retrieved:
        """Return the results of a query."""
        embedded = await self.embedding.embed([query.text])
        embedded_at = perf_counter()
        neighbours = await self.finding.find(embedded.vectors[0], query.k, exact=query.exact, ef=query.ef)
        found_at = perf_counter()
        index = "exact" if query.exact else self.collection.index.name
        body = encode_results(self.collection, neighbours, k=query.k, mode=query.mode, index=index)
        encoded_at = perf_counter()
        stages_s = {"queue": embedded.queue_s} if embedded.queue_s else {}
        stages_s |= {"embed": embedded.embed_s, "ann": found_at - embedded_at, "serialise": encoded_at - found_at}
        return Retrieved(body, stages_s)
