"""Fusion: one ranking from what the words and what the vectors found. Pure, on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]  # shape (candidates,)


@dataclass(frozen=True, slots=True)
class Fusion:
    """How two rankings become one.

    `convex` adds the scores, each scaled to 0..1 over the candidates, `weight` being the vectors' share; `rrf` adds
    1 / (k + rank) (Cormack, Clarke & Büttcher 2009), where `weight` is the vectors' share too.
    """

    method: str = "convex"
    weight: float = 0.5
    k: int = 60


def fuse(fusion: Fusion, by_words: Scores, by_vectors: Scores) -> Scores:
    """Return the fused scores of candidates, from their scores by words (0: has none of them) and by vectors."""
    if fusion.method == "rrf":
        return 2 * (
            (1 - fusion.weight) * _reciprocal_ranks(by_words, fusion.k, present=by_words > 0)
            + fusion.weight * _reciprocal_ranks(by_vectors, fusion.k, present=np.isfinite(by_vectors))
        )
    return (1 - fusion.weight) * _by_largest(by_words) + fusion.weight * scaled(by_vectors)


def scaled(scores: Scores) -> Scores:
    """Return the scores scaled so that the lowest becomes 0 and the highest 1; all 0 where they are equal."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def _by_largest(scores: Scores) -> Scores:
    """Return BM25 scores scaled by the largest: their floor is 0 whatever the candidates are."""
    largest = scores.max(initial=0.0)
    return scores / largest if largest > 0 else scores


def _reciprocal_ranks(scores: Scores, k: int, present: npt.NDArray[np.bool_]) -> Scores:
    """Return 1 / (k + rank) for the candidates in the list, 0 for the others; equal scores keep their order."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(np.where(present, -scores, np.inf), kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(present, 1 / (k + ranks), 0.0)
