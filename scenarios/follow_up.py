"""FollowUp: the arrivals that no plan can know, since a reply comes before them: next steps, and users who think."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scenarios.arrivals import NONE, Arrival, Visit
from scenarios.chance import uniform
from scenarios.closed import ClosedUsers
from scenarios.stage import StageWindow
from scenarios.think_time import ThinkTime
from scenarios.workload import WeightedChoice, Workload, zipf

_THINK, _KIND, _RANK, _FRESH, _PRIORITY = range(5)  # what a number is drawn for
_LATER = -1  # a pause that is no step's


@dataclass(frozen=True, slots=True)
class Finished:
    """A session that is over: all of its steps went well, or the last one it came to did not."""

    session: int
    stage: str
    began_s: float
    ended_s: float
    waited_s: float
    outcome: str


class FollowUps:
    """Says what follows a reply. Pure: what is drawn belongs to the arrival, not to the order of the replies.

    Whatever would be due after the plan's end does not come any more.
    """

    def __init__(
        self, workload: Workload, windows: tuple[StageWindow, ...], seed: int, closed: ClosedUsers | None = None
    ) -> None:
        self._workload, self._windows, self._seed, self._closed = workload, windows, seed, closed
        self._end_s = windows[-1].end_s
        self._kind_of = WeightedChoice(workload.weights)
        self._rank_of = zipf(workload.queries.distinct, workload.queries.zipf_exponent)
        priorities = tuple(workload.callers.priorities.values())
        self._priority_of = WeightedChoice(priorities) if priorities else None

    def first(self) -> Iterator[Arrival]:
        """Yield the first arrival of every closed user, in order of their due times."""
        if self._closed is None:
            return
        users = max(window.stage.users for window in self._windows)
        arrivals = (self._turn(user, 0, 0.0) for user in range(users))
        yield from heapq.merge(*([its] for its in arrivals if its is not None), key=lambda its: its.due_s)

    def after(
        self, arrival: Arrival, finished_s: float, outcome: str, *, good: bool, values: Mapping[str, str]
    ) -> tuple[Arrival | None, Finished | None]:
        """Return the arrival that follows a finished one, and the session that ended with it, if any.

        Args:
            arrival: The arrival that has its outcome now.
            finished_s: When, on the plan's clock.
            outcome: The outcome's name.
            good: Whether it was as asked; a session goes on only then.
            values: What its reply gives for later steps.
        """
        ended = None
        if arrival.session != NONE:
            following, ended = self._step(arrival, finished_s, outcome, good, values)
            if following is not None or ended is None:
                return following, None
        if self._closed is None:
            return None, ended
        return self._turn(arrival.user, self._count(arrival) + 1, finished_s), ended

    def _step(
        self, arrival: Arrival, finished_s: float, outcome: str, good: bool, values: Mapping[str, str]
    ) -> tuple[Arrival | None, Finished | None]:
        visit = arrival.visit or Visit(arrival.due_s)
        waited_s = visit.waited_s + finished_s - arrival.due_s
        session = self._workload.sessions[arrival.session]
        following = arrival.step + 1
        if not good or following == len(session.steps):
            stage = self._window(visit.began_s).name
            return None, Finished(arrival.session, stage, visit.began_s, finished_s, waited_s, outcome)
        step = session.steps[following]
        due_s = finished_s + self._pause(step.think_time, arrival.index, following)
        if due_s >= self._end_s:
            return None, None
        return arrival._replace(
            due_s=due_s,
            stage=self._window(due_s).name,
            operation=step.operation,
            step=following,
            visit=Visit(visit.began_s, waited_s, {**visit.values, **values}),
        ), None

    def _turn(self, user: int, count: int, since_s: float) -> Arrival | None:
        """Return a closed user's next arrival after some thought; a user who is not wanted now waits for a stage."""
        assert self._closed is not None  # noqa: S101 - only closed users take turns
        workload, index = self._workload, count * self._most_users() + user
        due_s = since_s + self._pause(self._closed.think_time, index, 0)
        if due_s >= self._end_s:
            return None
        window = self._window(due_s)
        if user >= window.stage.users:
            later = (its for its in self._windows if its.start_s > due_s and user < its.stage.users)
            window_or_none = next(later, None)
            if window_or_none is None:
                return None
            window = window_or_none
            due_s = window.start_s + self._pause(self._closed.think_time, index, _LATER)
            if due_s >= window.end_s:
                return self._turn(user, count + 1, window.end_s)
        kind = self._kind_of.one(self._draw(index, _KIND))
        session = kind - len(workload.operations) if kind >= len(workload.operations) else NONE
        operation = kind if session == NONE else workload.sessions[session].steps[0].operation
        fresh = self._draw(index, _FRESH) < workload.queries.never_seen
        rank = workload.queries.distinct + index if fresh else self._rank_of.one(self._draw(index, _RANK))
        priority = self._priority_of.one(self._draw(index, _PRIORITY)) if self._priority_of else NONE
        return Arrival(index, due_s, window.name, operation, rank, session, 0, user, priority)

    def _count(self, arrival: Arrival) -> int:
        return arrival.index // self._most_users()

    def _most_users(self) -> int:
        return max(1, *(window.stage.users for window in self._windows))

    def _draw(self, index: int, what: int) -> float:
        return uniform(self._seed, index, what)

    def _pause(self, think_time: ThinkTime, index: int, step: int) -> float:
        return think_time.quantile(uniform(self._seed, index, _THINK, step))

    def _window(self, at_s: float) -> StageWindow:
        return next((its for its in self._windows if at_s < its.end_s), self._windows[-1])
