"""Workload: weighted operations and the skew with which they draw their queries."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of request: its share of the arrivals is its weight over the sum of all weights."""

    name: str
    weight: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError(f"operation {self.name}: the weight must be above zero, got {self.weight:g}")


@dataclass(frozen=True, slots=True)
class QuerySkew:
    """How queries repeat: `distinct` known-item queries, rank r drawn with probability proportional to r^-exponent."""

    distinct: int = 2000
    zipf_exponent: float = 1.0

    def __post_init__(self) -> None:
        if self.distinct < 1:
            raise ValueError(f"at least one distinct query is needed, got {self.distinct}")
        if self.zipf_exponent < 0:
            raise ValueError(f"the Zipf exponent must not be negative, got {self.zipf_exponent:g}")


@dataclass(frozen=True, slots=True)
class Workload:
    """What arrivals ask for: operations by weight, queries by Zipf rank."""

    operations: tuple[Operation, ...]
    queries: QuerySkew

    def __post_init__(self) -> None:
        if not self.operations:
            raise ValueError("a workload needs at least one operation")


class WeightedChoice:
    """Draws indices 0..n-1 with given weights from a seeded generator: one uniform number and one bisection each."""

    def __init__(self, weights: tuple[float, ...]) -> None:
        self._cumulative = list(accumulate(weights))

    def draw(self, rng: Random) -> int:
        """Return an index; its probability is its weight over the sum of the weights."""
        # min() guards the one-in-2^53 case where rounding puts the draw just past the last cumulative weight
        return min(bisect_left(self._cumulative, rng.random() * self._cumulative[-1]), len(self._cumulative) - 1)


def zipf(skew: QuerySkew) -> WeightedChoice:
    """Return a choice of query ranks, 0 the most frequent (Zipf's law: weight of rank r is (r+1)^-exponent)."""
    return WeightedChoice(tuple((rank + 1) ** -skew.zipf_exponent for rank in range(skew.distinct)))
