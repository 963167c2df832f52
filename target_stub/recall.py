"""Recall: how many of the true nearest an approximate index finds, with the interval that so many queries allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from target_stub.document import Document
from target_stub.index import Neighbours
from target_stub.search import ADD_BATCH, Search

K = 10
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Recall:
    """The mean of the queries' recall@10, with its 95 % interval."""

    mean: float
    low: float
    high: float
    queries: int


def recall_of(found: Neighbours, truth: Neighbours) -> float:
    """Return the share of the true neighbours that were found; 1 where there are none.

    What scores as well as the last true one counts as it: of equal documents either may be found.
    """
    if not truth:
        return 1.0
    last = truth[-1][1] - 1e-6  # float32 differs in the order of its additions
    return min(1.0, sum(score >= last for _, score in found[: len(truth)]) / len(truth))


def estimate(recalls: Sequence[float]) -> Recall:
    """Return mean and interval of at least one query's recall.

    Wilson's interval, taking each query as one trial: no value between 0 and 1 varies more than a coin of the same
    mean (Bhatia & Davis 2000), so it is never too narrow, and not empty where every query found all.
    """
    count = len(recalls)
    mean = sum(recalls) / count
    centre = (mean + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(mean * (1 - mean) / count + Z**2 / (4 * count**2))
    return Recall(mean, max(0.0, min(mean, centre - half)), min(1.0, max(mean, centre + half)), count)


def sample(search: Search, count: int, seed: int) -> list[Document]:
    """Return so many documents, or all there are, drawn by the seed."""
    documents, _ = search.collection.page(0, len(search.collection))
    return Random(seed).sample(documents, min(count, len(documents)))  # noqa: S311 (no secret)


async def measure(search: Search, documents: Sequence[Document], ef: int | None) -> Recall:
    """Ask for each document's title, by the index and by the exact scan, in small steps between other requests.

    Raises:
        ValueError: when there is no document.
    """
    if not documents:
        raise ValueError("there is no document to ask for")
    recalls: list[float] = []
    for start in range(0, len(documents), ADD_BATCH):
        titles = [document.title for document in documents[start : start + ADD_BATCH]]
        for vector in (await search.embedding.embed(titles)).vectors:
            found = await search.finding.find(vector, K, ef=ef)
            recalls.append(recall_of(found, await search.exactly(vector, K)))
    return estimate(recalls)
