"""Arrivals: the plan of a run, made beforehand from the seed. Pure: the same scenario and seed give the same plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, repeat
from typing import NamedTuple

import numpy as np

from scenarios.chance import exponentials, stream
from scenarios.log_line import Recorded
from scenarios.shape import Floats
from scenarios.stage import StageWindow
from scenarios.workload import WeightedChoice, Workload, zipf

CHUNK = 256
"""Arrivals drawn at once: many enough for arrays to pay, few enough that drawing them (some 0.2 ms) delays no one."""

NONE = -1


class ArrivalLaw(StrEnum):
    """How the gaps between arrivals are drawn: exponential (Poisson process) or all equal."""

    POISSON = "poisson"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Visit:
    """A session under way: when it was due, how long it has waited for replies, and what they gave for later steps."""

    began_s: float
    waited_s: float = 0.0
    values: Mapping[str, str] = field(default_factory=dict)


class Arrival(NamedTuple):
    """An operation and the instant at which it is due, in seconds since the plan's start.

    A tuple by name, which is made four times faster than a frozen dataclass: tens of thousands are made a second. A
    `query_rank` from the number of distinct queries on is a query of its own that nobody asked before. `session`,
    `user` and `priority` are indices into the workload, or -1. `recorded` is the request of a replayed log,
    `visit` the session so far, from its second step on.
    """

    index: int  # type: ignore[assignment]  # the tuple's own method of that name is of no use here
    due_s: float
    stage: str
    operation: int
    query_rank: int
    session: int = NONE
    step: int = 0
    user: int = NONE
    priority: int = NONE
    recorded: Recorded | None = None
    visit: Visit | None = None


def due_times(
    windows: tuple[StageWindow, ...], law: ArrivalLaw, rng: np.random.Generator
) -> Iterator[tuple[StageWindow, Floats]]:
    """Yield the due times of a plan in pieces, ascending, each within its stage's `[start_s, end_s)`.

    Arrivals of rate 1, in exponential gaps or in equal ones, are mapped through the inverse of the integrated rate of
    all stages. Equal gaps begin with half of one, so that neither end of the plan has a double arrival.
    """
    pieces = _unit_arrivals(law, rng)
    at = next(pieces)
    before = 0.0
    for window in windows:
        curve = window.stage.curve
        after = before + curve.total
        last_s = math.nextafter(window.end_s, window.start_s)
        while True:
            inside = np.searchsorted(at, after, side="left")
            if inside:
                due_s: Floats = window.start_s + curve.instants(at[:inside] - before)
                yield window, due_s.clip(max=last_s)
            at = at[inside:]
            if len(at):
                break
            at = next(pieces)
        before = after


def _unit_arrivals(law: ArrivalLaw, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield without end the arrivals of a process of rate 1."""
    if law is ArrivalLaw.CONSTANT:
        number = 0
        while True:
            yield np.arange(number + 0.5, number + CHUNK, dtype=np.float64)
            number += CHUNK
    last = 0.0
    while True:
        at = last + np.cumsum(exponentials(rng, CHUNK))
        yield at
        last = float(at[-1])


class _Draws:
    """What arrivals ask for, each thing drawn from a stream of its own."""

    def __init__(self, workload: Workload, seed: int) -> None:
        queries, callers = workload.queries, workload.callers
        self._kinds, self._ranks, self._fresh, self._users, self._priorities = (
            stream(seed, name) for name in ("operations", "queries", "never-seen", "users", "priorities")
        )
        self._kind_of = WeightedChoice(workload.weights)
        self._operations = len(workload.operations)
        self._first_steps = np.array([its.steps[0].operation for its in workload.sessions], dtype=np.int64)
        self._rank_of = zipf(queries.distinct, queries.zipf_exponent)
        self._distinct, self._never_seen = queries.distinct, queries.never_seen
        self._user_of = zipf(callers.users, callers.zipf_exponent) if callers.users else None
        self._priority_of = WeightedChoice(tuple(callers.priorities.values())) if callers.priorities else None

    def arrivals(self, first: int, stage: str, due_s: Floats, skip: int, every: int) -> Iterator[Arrival]:
        """Yield the arrivals due at the given instants, numbered from `first`; of them every n-th after some."""
        count = len(due_s)
        kind = self._kind_of.of(self._kinds.random(count))
        rank = self._rank_of.of(self._ranks.random(count))
        if self._never_seen:
            own = self._fresh.random(count) < self._never_seen
            rank = np.where(own, self._distinct + first + np.arange(count), rank)
        session = np.where(kind < self._operations, NONE, kind - self._operations)
        if len(self._first_steps):
            kind = np.where(session == NONE, kind, self._first_steps[session])
        columns = (
            range(first + skip, first + count, every),
            due_s[skip::every].tolist(),
            repeat(stage),
            kind[skip::every].tolist(),
            rank[skip::every].tolist(),
            session[skip::every].tolist(),
            repeat(0),
            _column(self._user_of, self._users, count)[skip::every],
            _column(self._priority_of, self._priorities, count)[skip::every],
            repeat(None),
            repeat(None),
        )
        return map(Arrival._make, zip(*columns, strict=False))


def _column(choice: WeightedChoice | None, rng: np.random.Generator, count: int) -> list[int]:
    return [NONE] * count if choice is None else choice.of(rng.random(count)).tolist()


def plan(
    windows: tuple[StageWindow, ...], law: ArrivalLaw, workload: Workload, seed: int, worker: int = 0, workers: int = 1
) -> Iterator[Arrival]:
    """Yield a worker's arrivals in order of their due times: of the whole plan every n-th from its own number on.

    Times, operations, queries and callers come from streams seeded apart, so that a change of the workload leaves the
    timing of the plan untouched. A few hundred arrivals exist at a time, however long the plan is.

    Raises:
        ValueError: when `worker` is not in `0..workers-1`.
    """
    _check_worker(worker, workers)
    draws = _Draws(workload, seed)
    index = 0
    for window, due_s in due_times(windows, law, stream(seed, "times")):
        yield from draws.arrivals(index, window.name, due_s, (worker - index) % workers, workers)
        index += len(due_s)


def share(arrivals: Iterator[Arrival], worker: int, workers: int) -> Iterator[Arrival]:
    """Return worker k's part of a plan: every n-th arrival from the k-th, so that all workers together offer it once.

    Raises:
        ValueError: when `worker` is not in `0..workers-1`.
    """
    _check_worker(worker, workers)
    return islice(arrivals, worker, None, workers)


def _check_worker(worker: int, workers: int) -> None:
    if not 0 <= worker < workers:
        raise ValueError(f"worker {worker} of {workers} does not exist")
