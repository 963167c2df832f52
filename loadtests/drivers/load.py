"""Load: one process's share of the plan while it runs: arrivals come due, wait for a lane, are sent, counted."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterator
from itertools import islice

import numpy as np

from loadtests.clock import PlanClock
from loadtests.drivers.address import Address
from loadtests.drivers.answers import Answers
from loadtests.drivers.following import Following
from loadtests.drivers.lane import Lane, Route
from loadtests.drivers.lanes import lane_maker
from loadtests.drivers.lease import Lease
from loadtests.drivers.observer import Observer
from loadtests.drivers.pacer import SPIN_GAP_S, Pacer
from loadtests.drivers.pool import Pool
from loadtests.drivers.preparing import Preparing
from loadtests.occupancy import Occupancy
from loadtests.recorder import DONE_COLUMNS, DUE_COLUMNS, Recorder
from loadtests.sample import BAD_REPLY, TIMEOUT, UNFINISHED, UNSENT
from loadtests.tape import CAPACITY, Rows, Tape
from loadtests.target import Reply, Target
from scenarios.arrivals import Arrival
from scenarios.scenario import Scenario

AHEAD = 64
"""Arrivals taken from the plan at a time, and handed over at most before sockets are looked at again."""

SWEEP_S = 0.01
"""Timeouts are noticed this often at most: up to so much later than they are due, never earlier."""

_clock = time.perf_counter


class Load:
    """Offers arrivals in an open loop: nothing waits for an answer before the next is due, and every wait counts.

    Nothing here may block: all of it runs in the event loop itself. Instants are those of `time.perf_counter()`;
    what is recorded is on the plan's clock.
    """

    def __init__(self, scenario: Scenario, target: Target, address: Address, observer: Observer, seed: int = 0) -> None:
        operations = [operation.name for operation in scenario.workload.operations]
        stages = [stage.name for stage in scenario.stages]
        self.scenario = scenario
        self.recorder = Recorder(stages, operations)
        self.clock = PlanClock(begins_in_s=0)
        self.origin_s = self.clock.origin_s
        self.pool = Pool()
        self.occupancy = Occupancy(0.0)
        self.offered_all = False
        self.fault: Exception | None = None
        self.answers = Answers(scenario, target)
        self._following = Following(scenario, target, seed, self._fail)
        self._follows, self.book = self._following.needed, self._following.book
        self._target = target
        route = Route(
            address=address,
            places=address.resolve(),
            needs_headers=target.needs_headers,
            prepare=Preparing(address, target).prepare,
            judge=self._judge,
            report=self.report,
            origin_s=lambda: self.origin_s,
        )
        self._lane_of = lane_maker(scenario.target, route)
        self._lanes_lent = 0
        self._observer = observer
        self._kinds = {stage: [self.recorder.kind(stage, name) for name in operations] for stage in stages}
        self._timeout_s = scenario.target.timeout_s
        self._codes = self.recorder.codes
        self._every = self.answers.every
        self._due = Tape(len(DUE_COLUMNS), self._count_due)
        self._done = Tape(len(DONE_COLUMNS), self._count_done)
        self._plan: Iterator[Arrival] = iter(())
        self._lease = Lease()
        self._until_s = math.inf
        self._ahead: list[Arrival] = []
        self._due_s = math.inf
        self._sweep_s = math.inf
        self._pacer = Pacer(self._turn)

    @property
    def settled(self) -> bool:
        """Whether everything planned has been offered and has an outcome."""
        return self.offered_all and not (self.pool.waiting or self.pool.busy or self._following)

    def begin(self, clock: PlanClock, arrivals: Iterator[Arrival], lease: Lease | None = None) -> None:
        """Start the plan's clock and hand over each arrival at the instant it is due, until the plan or lease ends."""
        self.clock, self.origin_s = clock, clock.origin_s
        self.occupancy = Occupancy(clock.now_s())
        self._plan, self._lease = arrivals, lease or Lease()
        self._sweep_s = _clock()
        self._look_ahead()
        self._pacer.start()

    def take_on(self, arrivals: Iterator[Arrival]) -> None:
        """Offer more arrivals, in the order of their due times, beside what is left of the plan."""
        self._plan = heapq.merge(reversed(self._ahead), self._plan, arrivals, key=lambda its: its.due_s)
        self.offered_all = False
        self._look_ahead()

    def end(self) -> None:
        """Offer nothing any more; what waits is counted as unsent."""
        self._pacer.stop()
        self._due_s, now_s = math.inf, _clock()
        while self.pool.waiting:
            self._record_unsent(self.pool.waiting.popleft(), now_s)

    def lend(self) -> None:
        """Give the calling greenlet to one more lane, until it is killed."""
        lane = self._lane_of(self._lanes_lent)
        self._lanes_lent += 1
        self.pool.add(lane)
        try:
            lane.serve()
        finally:
            self.retire(lane)

    def drain_idle_s(self) -> float:
        """Return for how long the loop has spun without work since the last call."""
        return self._pacer.drain_idle_s()

    # --- what is due ------------------------------------------------------------------------------------------------

    def _turn(self, now_s: float) -> float:
        """Do what is due, and return when the next is; called in every turn of the event loop."""
        try:
            if self._due_s <= now_s:
                self._offer(now_s)
            if self._follows and self._following.due_s + self.origin_s <= now_s:
                self._offer_following(now_s)
            if self._sweep_s <= now_s:
                self._sweep(now_s)
            if len(self._done) >= CAPACITY:
                self._done.hand_on()
            elif len(self._due) >= CAPACITY:
                self._due.hand_on()
        except Exception as error:  # noqa: BLE001 - of a target's code or ours: the run ends, and says why
            self._fail(error)
        wanted_s = self._due_s if self._due_s < self._sweep_s else self._sweep_s
        return wanted_s if not self._follows else min(wanted_s, self._following.due_s + self.origin_s)

    def _offer(self, now_s: float) -> None:
        """Hand over what is due to free lanes, or let it wait for one."""
        pool, ahead, origin_s, due_s = self.pool, self._ahead, self.origin_s, self._due_s
        free, timeout_s, write, kinds = pool.free, self._timeout_s, self._due.write, self._kinds
        self._pacer.idle_since_s = 0.0
        for _ in range(AHEAD):
            if due_s > now_s:
                break
            arrival = ahead.pop()
            if free:
                pool.take(now_s).start(arrival, now_s, due_s + timeout_s)
            else:
                pool.wait(arrival)
            write((kinds[arrival.stage][arrival.operation], arrival.due_s, now_s - due_s))
            if ahead:
                due_s = self._due_s = ahead[-1].due_s + origin_s
                if due_s >= self._until_s:
                    due_s = self._ask_lease(now_s)
            else:
                due_s, ahead = self._look_ahead(), self._ahead
            now_s = _clock()

    def _offer_following(self, now_s: float) -> None:
        """Hand over what replies have brought and is due; nothing, once the lease has lapsed."""
        if self._lease.lapsed or self.fault:
            self._following.clear()
        while self._following.due_s + self.origin_s <= now_s:
            arrival = self._following.pop()
            due_s = arrival.due_s + self.origin_s
            if self.pool.free:
                self.pool.take(now_s).start(arrival, now_s, due_s + self._timeout_s)
            else:
                self.pool.wait(arrival)
            self._due.write((self._kinds[arrival.stage][arrival.operation], arrival.due_s, now_s - due_s))
            now_s = _clock()

    def _look_ahead(self) -> float:
        """Take the next arrivals from the plan, which may be as long as it likes."""
        ahead = self._ahead = list(islice(self._plan, AHEAD))
        if ahead:
            self._pacer.dense = ahead[-1].due_s - ahead[0].due_s < SPIN_GAP_S * len(ahead)
            ahead.reverse()
            return self._ask_lease(_clock())
        self._due_s, self.offered_all = math.inf, True
        return self._due_s

    def _ask_lease(self, now_s: float) -> float:
        """Return when the next arrival is to be handed over; infinity while the lease does not cover it."""
        self._until_s = self._lease.until_s + self.origin_s
        due_s = self._ahead[-1].due_s
        if self._lease.covers(due_s, now_s - self.origin_s):
            self._due_s = due_s + self.origin_s
        else:
            self._due_s, self._sweep_s = math.inf, min(self._sweep_s, now_s + SWEEP_S)
        if self._lease.lapsed:
            self._ahead, self._plan, self.offered_all = [], iter(()), True
        return self._due_s

    # --- what came of it --------------------------------------------------------------------------------------------

    def report(self, lane: Lane, outcome: str, finished_s: float) -> None:
        """A lane's arrival got its outcome: record it, and give the lane to whoever has waited longest."""
        arrival = lane.arrival
        if arrival is None:
            return
        stage = arrival.stage
        kind, code = self._kinds[stage][arrival.operation], self._codes[outcome]
        self._done.write((kind, arrival.due_s, code, lane.sent_s, lane.first_byte_s, finished_s, lane.size_bytes))
        if not code and not arrival.index % self._every[stage]:
            self.answers.keep(arrival, lane)
        if self._follows:
            self._following.after(arrival, outcome, finished_s, self.origin_s, lane)
        lane.arrival = None
        now_s, pool = _clock(), self.pool
        if pool.waiting:
            waiting = pool.waiting.popleft()
            lane.start(waiting, now_s, waiting.due_s + self.origin_s + self._timeout_s)
        else:
            pool.put_back(lane, now_s)
        self._pacer.idle_since_s = 0.0
        if self._due_s <= now_s:
            self._offer(now_s)

    def retire(self, lane: Lane) -> None:
        """Take a lane out of use; an arrival that is under way on it stays unfinished."""
        if lane.arrival is not None:
            self._record(lane, lane.arrival, UNFINISHED, _clock())
        lane.close()
        self.pool.remove(lane)

    def hand_on(self) -> None:
        """Count what is still on the tapes."""
        self._due.hand_on()
        self._done.hand_on()

    def under_way_s(self) -> float:
        """Return the time since their send of all requests under way, added up."""
        now_s = _clock()
        return sum(now_s - lane.sent_s for lane in self.pool.under_way())

    def _judge(self, arrival: Arrival, reply: Reply) -> str:
        try:
            return self._target.outcome(arrival, reply)
        except Exception as error:  # noqa: BLE001 - a target's code may be anybody's
            self._fail(error)
            return BAD_REPLY

    def _fail(self, error: Exception) -> None:
        """Offer nothing any more; whoever watches the load ends the run."""
        self.fault = self.fault or error
        self._due_s = math.inf

    def _record(self, lane: Lane, arrival: Arrival, outcome: str, finished_s: float) -> None:
        kind, code = self._kinds[arrival.stage][arrival.operation], self._codes[outcome]
        self._done.write((kind, arrival.due_s, code, lane.sent_s, lane.first_byte_s, finished_s, lane.size_bytes))

    def _record_unsent(self, arrival: Arrival, now_s: float) -> None:
        kind, code = self._kinds[arrival.stage][arrival.operation], self._codes[UNSENT]
        self._done.write((kind, arrival.due_s, code, math.nan, math.nan, now_s, 0))
        if self._follows:
            self._following.after(arrival, UNSENT, now_s, self.origin_s, None)

    def _sweep(self, now_s: float) -> None:
        """End what the caller's patience has ended for, under way or waiting."""
        pool, earliest_s = self.pool, now_s + self._timeout_s
        if self._due_s == math.inf and self._ahead and self.fault is None and self._ask_lease(now_s) == math.inf:
            earliest_s = now_s
        for lane in list(pool.under_way()):
            if lane.deadline_s > now_s:
                earliest_s = min(earliest_s, lane.deadline_s)
                continue
            lane.give_up()
            self.report(lane, TIMEOUT, now_s)
        while pool.waiting:
            deadline_s = pool.waiting[0].due_s + self.origin_s + self._timeout_s
            if deadline_s > now_s:
                earliest_s = min(earliest_s, deadline_s)
                break
            self._record_unsent(pool.waiting.popleft(), now_s)
        self._sweep_s = max(earliest_s, now_s + SWEEP_S)

    def _count_due(self, rows: Rows) -> None:
        self.recorder.plan(rows)
        self._observer.due(rows)

    def _count_done(self, rows: Rows) -> None:
        rows[rows[:, 4] == 0.0, 4] = math.nan  # no byte of a reply came
        rows[:, 3:6] -= self.origin_s
        self.recorder.count(rows)
        self.occupancy.ended(float(np.nansum(rows[:, 5] - rows[:, 3])))
        self._observer.done(rows)
