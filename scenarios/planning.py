"""Planning: the arrivals of a scenario, however it offers load; and how many of them each second is to have."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from scenarios.arrivals import Arrival, plan, share
from scenarios.follow_up import FollowUps
from scenarios.replay_plan import ReplayPlan
from scenarios.scenario import Scenario

Plan = Callable[[], Iterator[Arrival]]
"""Gives the whole of a plan's arrivals, in order of their due times, as they are needed; may be called repeatedly."""


def plan_of(scenario: Scenario, seed: int, *, salt: int = 0, trial: int = 0) -> Plan:
    """Make the plan of the arrivals that are known beforehand; of a closed load, of each user's first.

    Args:
        scenario: What is asked.
        seed: Of this trial.
        salt: Of the queries that nobody asked before; differs from run to run.
        trial: Number of the trial, which tells those queries apart within a run.

    Raises:
        HarnessError: when a log that is replayed cannot be read.
    """
    if scenario.closed is not None:
        return follow_ups_of(scenario, seed).first
    if scenario.replay is not None:
        return ReplayPlan(scenario.replay, scenario.windows, seed, salt, trial).arrivals
    return partial(plan, scenario.windows, scenario.law, scenario.workload, seed)


def arrivals_of(
    scenario: Scenario, seed: int, worker: int = 0, workers: int = 1, *, salt: int = 0, trial: int = 0
) -> Iterator[Arrival]:
    """Yield a worker's share of a plan: every n-th arrival from its own on.

    Raises:
        HarnessError: when a log that is replayed cannot be read.
    """
    return share(plan_of(scenario, seed, salt=salt, trial=trial)(), worker, workers)


def follow_ups_of(scenario: Scenario, seed: int) -> FollowUps:
    """Return what says which arrivals follow a reply."""
    return FollowUps(scenario.workload, scenario.windows, seed, scenario.closed)


def planned_per_second(scenario: Scenario) -> tuple[float, ...]:
    """Return the arrivals that the plan has on average in each of its seconds; none for a closed load, which has none.

    Computed from the rates, or from what a replayed log recorded: never from what was offered. Steps of sessions
    after the first follow replies and are not in it.
    """
    if scenario.closed is not None:
        return ()
    seconds = math.ceil(scenario.duration_s)
    edges = np.arange(seconds + 1.0)
    found = np.zeros(seconds)
    for window in scenario.windows:
        if scenario.replay is not None and scenario.replay.survey is not None:
            survey, multiplier = scenario.replay.survey, window.stage.multiplier
            first, last = math.floor(window.start_s), min(math.ceil(window.end_s), seconds)
            for second in range(first, last):
                within = survey.recorded(max(second, window.start_s), min(second + 1, window.end_s))
                found[second] += multiplier * within
            continue
        inside = np.clip(edges - window.start_s, 0.0, window.stage.duration_s)
        found += np.diff(window.stage.curve.integral(inside))
    return tuple(found.tolist())
