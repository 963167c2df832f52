"""Following: what a reply brings beyond its outcome: the next step, a user's next request, timings of its own."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

from loadtests.drivers.lane import Lane
from loadtests.sample import OK
from loadtests.side_book import SideBook
from loadtests.target import Target
from scenarios.arrivals import NONE, Arrival
from scenarios.planning import follow_ups_of
from scenarios.scenario import Scenario


class Following:
    """Keeps arrivals that replies bring until they are due; most scenarios have none, and are not `needed` here."""

    def __init__(self, scenario: Scenario, target: Target, seed: int, fail: Callable[[Exception], None]) -> None:
        self.book = SideBook(session.name for session in scenario.workload.sessions)
        self._names = [operation.name for operation in scenario.workload.operations]
        self._closed = scenario.closed is not None
        self._brings = self._closed or bool(scenario.workload.sessions)
        self._follow_ups, self._target, self._fail = follow_ups_of(scenario, seed), target, fail
        self._waiting: list[tuple[float, int, Arrival]] = []
        self.needed = self._brings or target.measures_more

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def due_s(self) -> float:
        """When the next arrival is due, on the plan's clock; infinity when there is none."""
        return self._waiting[0][0] if self._waiting else math.inf

    def pop(self) -> Arrival:
        """Return the next arrival, which is forgotten here."""
        return heapq.heappop(self._waiting)[2]

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()

    def after(self, arrival: Arrival, outcome: str, finished_s: float, origin_s: float, lane: Lane | None) -> None:
        """Note an outcome.

        Args:
            arrival: What was asked.
            outcome: What came of it.
            finished_s: When, by `time.perf_counter()`.
            origin_s: When the plan's clock stood at 0.
            lane: The lane that has the reply, if there is one.
        """
        try:
            if outcome == OK and lane is not None and self._target.measures_more:
                timings = self._target.timings(arrival, lane.reply, lane.sent_s - origin_s)
                self.book.add_timings(arrival.stage, self._names[arrival.operation], arrival.due_s, timings)
            if self._closed or arrival.session != NONE:
                self._follow(arrival, outcome, finished_s - origin_s, lane)
        except Exception as error:  # noqa: BLE001 - a target's code may be anybody's
            self._fail(error)

    def _follow(self, arrival: Arrival, outcome: str, finished_s: float, lane: Lane | None) -> None:
        good = outcome == OK
        asked = good and lane is not None and arrival.session != NONE
        values = self._target.values(arrival, lane.reply) if asked and lane is not None else {}
        following, ended = self._follow_ups.after(arrival, finished_s, outcome, good=good, values=values)
        if following is not None:
            heapq.heappush(self._waiting, (following.due_s, following.index, following))
        if ended is not None:
            self.book.add_session(ended)
