"""Workload: what arrivals ask for: operations and sessions by weight, queries by their skew, callers by theirs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.shape import Floats
from scenarios.think_time import ThinkTime

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of request: its share of the arrivals is its weight over the sum of all weights.

    An operation of weight 0 comes only as a step of a session.
    """

    name: str
    weight: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"operation {self.name}: the weight must not be negative, got {self.weight:g}")


@dataclass(frozen=True, slots=True)
class QuerySkew:
    """How queries repeat: rank r of `distinct` queries is drawn with probability proportional to r^-exponent.

    `never_seen` is the share of arrivals that bring a query of their own instead, which no cache can hold. `file` holds
    the queries, or any rows of data; None takes them from the target's own documents.
    """

    distinct: int = 2000
    zipf_exponent: float = 1.0
    never_seen: float = 0.0
    file: str | None = None

    def __post_init__(self) -> None:
        if self.distinct < 1:
            raise ValueError(f"at least one distinct query is needed, got {self.distinct}")
        if self.zipf_exponent < 0:
            raise ValueError(f"the Zipf exponent must not be negative, got {self.zipf_exponent:g}")
        if not 0 <= self.never_seen <= 1:
            raise ValueError(f"the share of never-seen queries lies between 0 and 1, got {self.never_seen:g}")


@dataclass(frozen=True, slots=True)
class Callers:
    """Who asks: `users` of them, user r with probability proportional to r^-exponent, and a priority by weight.

    Both go into headers of every request, so that the target's quotas and queues can tell callers apart.
    """

    users: int = 0
    zipf_exponent: float = 1.0
    priorities: Mapping[str, float] = field(default_factory=dict)
    user_header: str = "X-User"
    priority_header: str = "X-Priority"


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a session, by the index of its operation, after a pause since the reply before."""

    operation: int
    think_time: ThinkTime = field(default_factory=ThinkTime)


@dataclass(frozen=True, slots=True)
class Session:
    """Several requests of one user, one after another; the session arrives in the open loop, as a single request does.

    What a reply gives (an id, a title) can be asked for in the next step. A step that fails ends its session.
    """

    name: str
    weight: float
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"session {self.name}: no step")


@dataclass(frozen=True, slots=True)
class Judging:
    """How many answers of each stage are kept to be judged, and how many of those are compared with exact ones.

    Sixty give a mean recall within about 0.02; an exact answer costs the target a full scan.
    """

    answers: int = 60
    exact: int = 40


@dataclass(frozen=True, slots=True)
class Workload:
    """What arrivals ask for."""

    operations: tuple[Operation, ...]
    queries: QuerySkew
    sessions: tuple[Session, ...] = ()
    callers: Callers = field(default_factory=Callers)
    judging: Judging = field(default_factory=Judging)

    def __post_init__(self) -> None:
        if not self.operations:
            raise ValueError("a workload needs at least one operation")
        if not sum(self.weights):
            raise ValueError("a workload needs an operation or a session with a weight above zero")

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the operations, then those of the sessions: an arrival is one or the other."""
        return (*(its.weight for its in self.operations), *(its.weight for its in self.sessions))


class WeightedChoice:
    """Turns uniform numbers into indices 0..n-1, each with its weight over the sum of the weights."""

    def __init__(self, weights: tuple[float, ...]) -> None:
        self._sums = list(accumulate(weights))
        self._cumulative = np.array(self._sums)

    def of(self, uniform: Floats) -> Ints:
        """Return an index for each uniform number from 0 to 1."""
        index: Ints = np.searchsorted(self._cumulative, uniform * self._cumulative[-1], side="right")
        # the one in 2^53 that rounding puts just past the last weight belongs to the last
        return index.clip(max=len(self._cumulative) - 1)

    def one(self, uniform: float) -> int:
        """Return the index for one uniform number; the same as `of`, without the cost of an array."""
        return min(bisect_right(self._sums, uniform * self._sums[-1]), len(self._sums) - 1)


def zipf(distinct: int, exponent: float) -> WeightedChoice:
    """Return a choice of ranks, 0 the most frequent (Zipf's law: the weight of rank r is (r+1)^-exponent)."""
    return WeightedChoice(tuple((rank + 1) ** -exponent for rank in range(distinct)))
