"""Load: one process's share of the plan while it runs: arrivals come due, wait for a connection, are sent, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from gevent.queue import SimpleQueue

from loadtests.clock import PlanClock
from loadtests.drivers.alarm import make_alarm
from loadtests.drivers.connection import Address, Connection, ExchangeError
from loadtests.histogram import Histogram
from loadtests.occupancy import Occupancy
from loadtests.recorder import Recorder
from loadtests.sample import OK, UNFINISHED, UNSENT, Sample
from loadtests.target import Target
from scenarios.arrivals import Arrival
from scenarios.scenario import Scenario


class Observer(Protocol):
    """Is told of every arrival as it goes through; called on the hot path."""

    def due(self, late_s: float) -> None:
        """An arrival was handed over, `late_s` after it was due."""
        ...

    def finished(self, arrival: Arrival, sample: Sample) -> None:
        """An arrival got its outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The documents of one sampled reply, kept to be judged when the load has ended."""

    stage: str
    operation: str
    query_rank: int
    document_ids: tuple[str, ...]


class Load:
    """Offers arrivals in an open loop: nothing waits for an answer before the next is due, and every wait counts."""

    def __init__(self, scenario: Scenario, target: Target, url: str, places: int, observer: Observer) -> None:
        self.scenario = scenario
        self.address = Address.of(url)
        self.recorder = Recorder()
        self.lateness = Histogram()
        self.answers: list[Answer] = []
        self.clock = PlanClock(begins_in_s=0)
        self.occupancy = Occupancy(places, 0.0)
        self.offered_all = False
        self._target = target
        self._observer = observer
        self._due: SimpleQueue[tuple[Arrival, bool]] = SimpleQueue()
        self._requests: dict[tuple[int, int], bytes] = {}
        self._sample_every = _sampling(scenario)
        self._names = [operation.name for operation in scenario.workload.operations]

    @property
    def waiting(self) -> int:
        """Arrivals that are due and have no connection yet."""
        return int(self._due.qsize())

    @property
    def settled(self) -> bool:
        """Whether everything planned has been offered and has an outcome."""
        return self.offered_all and not self.waiting and not self.occupancy.busy

    def begin(self, clock: PlanClock) -> None:
        """Start the plan's clock."""
        self.clock = clock
        self.occupancy = Occupancy(self.occupancy.places, clock.now_s())

    def offer(self, arrivals: Iterator[Arrival]) -> None:
        """Hand over each arrival at the instant it is due; runs in a greenlet of its own until the plan ends."""
        alarm = make_alarm()
        try:
            for arrival in arrivals:
                alarm.wait_until(self.clock.origin_s + arrival.due_s)
                late_s = self.clock.now_s() - arrival.due_s
                self.recorder.plan(arrival.stage, self._names[arrival.operation], arrival.due_s)
                free = self.occupancy.busy + self.waiting < self.occupancy.places
                if not free:
                    self._late(late_s)
                self._due.put((arrival, free))
        finally:
            alarm.close()
        self.offered_all = True

    def serve(self) -> None:
        """Take due arrivals one after another over one connection, until the greenlet is ended."""
        connection = Connection(self.address)
        try:
            while True:
                arrival, was_free = self._due.get()
                now_s = self.clock.now_s()
                if was_free:
                    self._late(now_s - arrival.due_s)
                self._handle(arrival, connection, now_s)
        finally:
            connection.close()

    def abandon(self) -> None:
        """Count what is still waiting as unsent, when the run ends early."""
        while self.waiting:
            arrival, _ = self._due.get()
            now_s = self.clock.now_s()
            self._count(arrival, Sample(self._names[arrival.operation], arrival.due_s, now_s, UNSENT))

    def _handle(self, arrival: Arrival, connection: Connection, now_s: float) -> None:
        name = self._names[arrival.operation]
        deadline_s = arrival.due_s + self.scenario.target.timeout_s
        if now_s >= deadline_s:
            self._count(arrival, Sample(name, arrival.due_s, now_s, UNSENT))
            return
        request = self._request(arrival)
        self.occupancy.enter(now_s)
        sent_s = now_s
        outcome, size, first_byte_s = UNFINISHED, 0, None
        try:
            reply = connection.exchange(request, self.clock.origin_s + deadline_s)
            body = bytes(reply.body)
            outcome, size = self._target.outcome(reply.status, body), len(body)
            first_byte_s = reply.first_byte_s - self.clock.origin_s
        except ExchangeError as error:
            outcome = error.outcome
        finally:
            finished_s = self.clock.now_s()
            self.occupancy.leave(finished_s)
            self._count(arrival, Sample(name, arrival.due_s, finished_s, outcome, sent_s, first_byte_s, size))
        if outcome == OK and arrival.index % self._sample_every[arrival.stage] == 0:
            self._keep(arrival, body)

    def _request(self, arrival: Arrival) -> bytes:
        key = (arrival.operation, arrival.query_rank)
        request = self._requests.get(key)
        if request is None:
            request = self._requests[key] = self.address.request(self._target.call(arrival))
        return request

    def _late(self, late_s: float) -> None:
        self.lateness.add(late_s)
        self._observer.due(late_s)

    def _count(self, arrival: Arrival, sample: Sample) -> None:
        self.recorder.add(arrival.stage, sample)
        self._observer.finished(arrival, sample)

    def _keep(self, arrival: Arrival, body: bytes) -> None:
        try:
            document_ids = self._target.answer(body)
        except (ValueError, KeyError, TypeError):
            document_ids = ()
        name = self._names[arrival.operation]
        self.answers.append(Answer(arrival.stage, name, arrival.query_rank, document_ids))


ANSWERS_PER_STAGE = 60
"""Replies of each stage kept for judging: enough for a mean recall within about 0.02, few enough to ask again."""


def _sampling(scenario: Scenario) -> dict[str, int]:
    """Return, for each stage, that every n-th arrival's reply is kept."""
    planned = {stage.name: stage.expected_arrivals for stage in scenario.stages}
    return {name: max(1, round(count / ANSWERS_PER_STAGE)) for name, count in planned.items()}
