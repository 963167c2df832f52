"""Generator: one process that offers its share of the plan and reports every second what came of it."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment

from loadtests.clock import PlanClock
from loadtests.drivers.address import Address
from loadtests.drivers.duty import Duty, patiently
from loadtests.drivers.lease import Lease
from loadtests.drivers.load import Load
from loadtests.drivers.messages import DONE, READY, ROWS, Begin
from loadtests.drivers.metrics import GeneratorMetrics
from loadtests.drivers.reading_ahead import plan_beside
from loadtests.drivers.statistics import Statistics
from loadtests.health import HealthSecond
from loadtests.tape import Rows
from loadtests.targets import make_target
from scenarios.arrivals import Arrival
from scenarios.planning import Plan
from scenarios.reading import parse_scenario
from scenarios.surroundings import Surroundings

COUNTING_S = 0.1
"""What was recorded is counted at least this often, so that Locust's page and Prometheus are up to date."""

HEARTBEAT_S = 0.05
SETTLING_S = 0.05  # after a second has passed, before its first part is reported

_LOG = logging.getLogger(__name__)


class Generator:
    """Lives as long as the process; each start of a test begins a new load."""

    def __init__(
        self, environment: Environment, send: Callable[[str, Any], None], on_lapse: Callable[[], None]
    ) -> None:
        self._environment = environment
        self._send = send
        self._greenlets = Group()
        self._ready = Event()
        self._load: Load | None = None
        self._metrics: GeneratorMetrics | None = None
        self._statistics: Statistics | None = None
        self._stall_s = 0.0
        self._plan: Plan = _nothing
        self._mine: Iterator[Arrival] = iter(())
        self._duties: list[Duty] = []
        self._coming = 0
        self._on_lapse = on_lapse
        self.lease = Lease()
        self.worker = 0
        self.trial = 1

    def reset(self) -> None:
        """Forget the last test, before users of a new one are spawned."""
        self.end()
        self._ready.clear()
        self._load = None

    def serve(self) -> None:
        """Give one lane to the load, in the greenlet of a Locust user, from the moment the plan begins."""
        self._ready.wait()
        if self._load is not None:
            self._load.lend()

    def prepare(self, begin: Begin, identity: str, metrics_port: int) -> None:
        """Get ready to offer this process's share of the plan, and say so.

        Raises:
            HarnessError: when the port for the metrics is taken, the target's host has no address, or the log that is
                replayed cannot be read here.
        """
        scenario = parse_scenario(begin.scenario_yaml, "effective.yaml", Surroundings.of_a_run(Path()))
        self.trial, self.worker, self._plan = (
            begin.trial,
            begin.generators.index(identity),
            plan_beside(begin, scenario),
        )
        target = make_target(scenario, begin.items, begin.salt, begin.trial)
        methods = [target.method(index) for index in range(len(scenario.workload.operations))]
        if metrics_port and self._metrics is None:
            self._metrics = GeneratorMetrics(scenario, methods, metrics_port + self.worker)
        self._statistics = Statistics(self._environment, methods)
        self._load = Load(scenario, target, Address.of(begin.url), self, begin.seed)
        self._duties = [Duty.share(self.worker, len(begin.generators))]
        self._mine = self._arrivals(self._duties[0])
        # what exists by now stays: without it in the collector's way, its pauses during the run are too short to matter
        gc.collect()
        gc.freeze()
        self._send(READY, {"worker": self.worker})

    def start(self, origin_s: float, lease: Lease) -> None:
        """Offer the share; second 0 of the plan is at `origin_s` of this process's `time.perf_counter()`."""
        load = self._load
        if load is None:
            return
        self.lease, self._coming = lease, 0
        load.begin(PlanClock.at(origin_s), self._mine, lease)
        self._ready.set()
        for work in (self._report, self._count, self._heartbeat):
            self._greenlets.start(gevent.Greenlet(work, load))

    def take_over(self, duties: Sequence[Duty]) -> None:
        """Offer duties of a generator that was lost, beside the share of its own."""
        load = self._load
        if load is None:
            return
        reported = load.settled and not self._coming
        self._coming += 1
        for duty in duties:
            load.take_on(self._arrivals(duty))
            self._duties.append(duty)
        self._coming -= 1
        if reported:
            self._greenlets.start(gevent.Greenlet(self._report, load))

    def _arrivals(self, duty: Duty) -> Iterator[Arrival]:
        """Return the arrivals of a duty, one after another as they are asked for.

        The way to the first may be long, when it lies late in the plan: others get their turn meanwhile.
        """
        sleep = gevent.sleep
        mine = duty.of(patiently(self._plan(), lambda pause_s: sleep(pause_s)))
        first = list(islice(mine, 1))
        sleep = _go_on  # what follows is asked for in the event loop itself, which must not sleep
        return chain(first, mine)

    def end(self) -> None:
        """Stop offering, count what was still waiting, and report the rest."""
        load = self._load
        if load is None or not len(self._greenlets):
            return
        self._greenlets.kill()
        load.end()
        self._send_rows(load, int(load.clock.now_s()), 0.0, 0.0)

    def _count(self, load: Load) -> None:
        while True:
            gevent.sleep(COUNTING_S)
            load.hand_on()
            if self.lease.lapsed:
                self._on_lapse()
                return

    def _report(self, load: Load) -> None:
        second, cpu_s, wall_s = max(0, int(load.clock.now_s())), time.process_time(), time.perf_counter()
        while True:
            gevent.sleep(max(0.0, second + 1 + SETTLING_S - load.clock.now_s()))
            now_cpu_s, now_wall_s, idle_s = time.process_time(), time.perf_counter(), load.drain_idle_s()
            passed_s = now_wall_s - wall_s
            self._send_rows(load, second, (now_cpu_s - cpu_s) / passed_s, idle_s / passed_s)
            cpu_s, wall_s = now_cpu_s, now_wall_s
            if (load.settled and not self._coming) or load.fault is not None:
                break
            second = max(second + 1, int(load.clock.now_s()))
        if load.fault is None:
            _LOG.info("everything planned was offered and has an outcome")
        else:
            _LOG.error("the load broke off", exc_info=load.fault)
        fault = repr(load.fault) if load.fault else ""
        self._send(DONE, {"worker": self.worker, "duties": len(self._duties), "fault": fault})

    def _send_rows(self, load: Load, second: int, cpu_share: float, idle_share: float) -> None:
        trial = {"trial": self.trial}
        load.hand_on()
        now_s = load.clock.now_s()
        crowding = load.pool.drain(now_s + load.origin_s)
        health = HealthSecond(
            t=second,
            worker=self.worker,
            lateness=load.recorder.drain_lateness(),
            cpu_share=cpu_share,
            busy_share=max(0.0, cpu_share - idle_share),
            in_flight=load.occupancy.drain(now_s, load.under_way_s()),
            in_flight_peak=crowding.busy_peak,
            waiting_peak=crowding.waiting_peak,
            pool_full_s=crowding.full_s,
            stall_s=self._stall_s,
        )
        self._stall_s = 0.0
        rows: list[Mapping[str, Any]] = [
            {"kind": "second", **trial, "worker": self.worker, **part.to_json()} for part in load.recorder.drain()
        ]
        rows += [trial | row for row in load.book.drain()]
        rows.append({"kind": "health", **trial, **health.to_json()})
        rows += [{"kind": "answer", **trial, **asdict(its)} for its in load.answers.drain()]
        self._send(ROWS, {"worker": self.worker, "rows": rows})
        if self._metrics:
            self._metrics.update(load, health.busy_share)

    def _heartbeat(self, _: Load) -> None:
        """Measure how late a short timer fires: the pauses of garbage collection, swapping, or a greedy greenlet."""
        while True:
            before_s = time.perf_counter()
            gevent.sleep(HEARTBEAT_S)
            self._stall_s = max(self._stall_s, time.perf_counter() - before_s - HEARTBEAT_S)

    def due(self, rows: Rows) -> None:
        """Tell Prometheus of arrivals that were handed over."""
        if self._metrics:
            self._metrics.due(rows)

    def done(self, rows: Rows) -> None:
        """Tell Locust's own statistics and Prometheus of outcomes."""
        if self._load is not None and self._statistics is not None:
            self._statistics.count(rows, self._load.recorder)
        if self._metrics:
            self._metrics.done(rows)


def _nothing() -> Iterator[Arrival]:
    """Offer nothing, before a test has begun."""
    return iter(())


def _go_on(_: float) -> None:
    """Do not sleep."""
