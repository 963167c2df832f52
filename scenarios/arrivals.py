"""Arrivals: the plan of a run, made beforehand from the seed. Pure: the same scenario and seed give the same plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from random import Random

from scenarios.stage import StageWindow
from scenarios.workload import WeightedChoice, Workload, zipf


class ArrivalLaw(StrEnum):
    """How the gaps between arrivals are drawn: exponential (Poisson process) or all equal."""

    POISSON = "poisson"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An operation and the instant at which it is due, in seconds since the plan's start."""

    index: int
    due_s: float
    stage: str
    operation: int
    query_rank: int


def due_times(window: StageWindow, law: ArrivalLaw, rng: Random) -> Iterator[float]:
    """Yield the due times of one stage, ascending, within `[start_s, end_s)`.

    Constant arrivals sit in the middle of their gap, so that stages join without a double arrival at the seam.
    """
    rate = window.stage.rate_per_s
    if law is ArrivalLaw.CONSTANT:
        count = math.ceil(rate * window.stage.duration_s - 0.5)
        yield from (window.start_s + (n + 0.5) / rate for n in range(count))
        return
    due_s = window.start_s + rng.expovariate(rate)
    while due_s < window.end_s:
        yield due_s
        due_s += rng.expovariate(rate)


def plan(windows: tuple[StageWindow, ...], law: ArrivalLaw, workload: Workload, seed: int) -> Iterator[Arrival]:
    """Yield every arrival of the run in order of its due time.

    Times, operations and queries come from three generators seeded apart, so that a change of the workload leaves
    the timing of the plan untouched.
    """
    times, kinds, ranks = (Random(f"{seed}:{stream}") for stream in ("times", "operations", "queries"))  # noqa: S311
    operation_of = WeightedChoice(tuple(operation.weight for operation in workload.operations))
    rank_of = zipf(workload.queries)
    index = 0
    for window in windows:
        for due_s in due_times(window, law, times):
            yield Arrival(index, due_s, window.name, operation_of.draw(kinds), rank_of.draw(ranks))
            index += 1


def share(arrivals: Iterator[Arrival], worker: int, workers: int) -> Iterator[Arrival]:
    """Return worker k's part of the plan: every n-th arrival from the k-th, so that all workers together offer it once.

    Raises:
        ValueError: when `worker` is not in `0..workers-1`.
    """
    if not 0 <= worker < workers:
        raise ValueError(f"worker {worker} of {workers} does not exist")
    return islice(arrivals, worker, None, workers)
