"""Generator: one process that offers its share of the plan and reports every second what came of it."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment

from loadtests.clock import PlanClock
from loadtests.drivers.duty import Duty, patiently
from loadtests.drivers.lease import Lease
from loadtests.drivers.load import Load
from loadtests.drivers.messages import DONE, READY, ROWS, Begin
from loadtests.drivers.metrics import GeneratorMetrics
from loadtests.health import HealthSecond
from loadtests.histogram import Histogram
from loadtests.sample import OK, Sample
from loadtests.targets import make_target
from scenarios.arrivals import Arrival, plan
from scenarios.reading import parse_scenario

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
        self._stall_s = 0.0
        self._failures: dict[str, Exception] = {}
        self._methods: list[str] = []
        self._mine: list[Arrival] = []
        self._seed = 0
        self._offering = 0
        self._duties = 0
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
        """Serve due arrivals, in the greenlet of a Locust user, from the moment the plan begins."""
        self._ready.wait()
        if self._load is not None:
            self._load.serve()

    def prepare(self, begin: Begin, identity: str, metrics_port: int) -> None:
        """Make this process's share of the plan, and say that it is made.

        Raises:
            HarnessError: when the port for the metrics is taken.
        """
        scenario = parse_scenario(begin.scenario_yaml, "effective.yaml")
        self.trial, self.worker = begin.trial, begin.generators.index(identity)
        target = make_target(scenario.target.kind, scenario.workload.operations, begin.items)
        self._methods = [target.method(index) for index in range(len(scenario.workload.operations))]
        if metrics_port and self._metrics is None:
            self._metrics = GeneratorMetrics(scenario, self._methods, metrics_port + self.worker)
        runner = self._environment.runner
        places = runner.user_count if runner else scenario.target.connections
        self._load = Load(scenario, target, begin.url, places, self)
        self._seed = begin.seed
        self._mine = self._arrivals(Duty.share(self.worker, len(begin.generators)))
        # what exists by now stays: without it in the collector's way, its pauses during the run are too short to matter
        gc.collect()
        gc.freeze()
        self._send(READY, {"worker": self.worker})

    def start(self, origin_s: float, lease: Lease) -> None:
        """Offer the share; second 0 of the plan is at `origin_s` of this process's `time.perf_counter()`."""
        load = self._load
        if load is None:
            return
        load.begin(PlanClock.at(origin_s))
        self.lease, self._duties, self._offering = lease, 0, 0
        self._ready.set()
        self._offer(load, self._mine)
        self._mine = []
        for work in (lambda: self._report(load), self._heartbeat):
            self._greenlets.start(gevent.Greenlet(work))

    def take_over(self, duties: Sequence[Duty]) -> None:
        """Offer duties of a generator that was lost, beside the share of its own."""
        load = self._load
        if load is None:
            return
        settled = not self._offering and load.settled
        for duty in duties:
            self._offer(load, self._arrivals(duty))
        if settled:
            self._greenlets.start(gevent.Greenlet(lambda: self._report(load)))

    def _arrivals(self, duty: Duty) -> list[Arrival]:
        """Go through the plan for the arrivals of a duty, without keeping the rest of the process waiting."""
        scenario = self._load.scenario if self._load else None
        if scenario is None:
            return []
        whole = plan(scenario.windows, scenario.law, scenario.workload, self._seed)
        return list(duty.of(patiently(whole, gevent.sleep)))

    def _offer(self, load: Load, arrivals: list[Arrival]) -> None:
        """Hand a list of arrivals over, each when it is due, in a greenlet of its own."""
        self._offering += 1

        def offer() -> None:
            load.offer(self.lease.covered(iter(arrivals), load.clock, gevent.sleep))
            self._offering -= 1
            self._duties += 1
            if self.lease.lapsed:
                self._on_lapse()

        self._greenlets.start(gevent.Greenlet(offer))

    def end(self) -> None:
        """Stop offering, count what was still waiting, and report the rest."""
        load = self._load
        if load is None or not len(self._greenlets):
            return
        self._greenlets.kill()
        load.abandon()
        self._send_rows(load, load.clock.now_s(), 0.0)

    def _report(self, load: Load) -> None:
        second, cpu_s, wall_s = max(0, int(load.clock.now_s())), time.process_time(), time.perf_counter()
        while True:
            gevent.sleep(max(0.0, second + 1 + SETTLING_S - load.clock.now_s()))
            now_cpu_s, now_wall_s = time.process_time(), time.perf_counter()
            cpu_share = (now_cpu_s - cpu_s) / (now_wall_s - wall_s)
            self._send_rows(load, second, cpu_share)
            cpu_s, wall_s = now_cpu_s, now_wall_s
            if load.settled and not self._offering:
                break
            second = max(second + 1, int(load.clock.now_s()))
        _LOG.info("everything planned was offered and has an outcome")
        self._send(DONE, {"worker": self.worker, "duties": self._duties})

    def _send_rows(self, load: Load, second: float, cpu_share: float) -> None:
        trial = {"trial": self.trial}
        occupied = load.occupancy.drain(load.clock.now_s())
        health = HealthSecond(
            t=int(second),
            worker=self.worker,
            lateness=load.lateness,
            cpu_share=cpu_share,
            in_flight=occupied.mean,
            in_flight_peak=occupied.peak,
            waiting_peak=load.waiting,
            pool_full_s=occupied.full_s,
            stall_s=self._stall_s,
        )
        load.lateness, self._stall_s = Histogram(), 0.0
        rows: list[Mapping[str, Any]] = [
            {"kind": "second", **trial, **part.to_json()} for part in load.recorder.drain()
        ]
        rows.append({"kind": "health", **trial, **health.to_json()})
        rows += [
            {
                "kind": "answer",
                **trial,
                "stage": its.stage,
                "operation": its.operation,
                "query_rank": its.query_rank,
                "document_ids": list(its.document_ids),
            }
            for its in load.answers
        ]
        load.answers.clear()
        self._send(ROWS, {"worker": self.worker, "rows": rows})
        if self._metrics:
            self._metrics.update(load)

    def _heartbeat(self) -> None:
        """Measure how late a short timer fires: the pauses of garbage collection, swapping, or a greedy greenlet."""
        while True:
            before_s = time.perf_counter()
            gevent.sleep(HEARTBEAT_S)
            self._stall_s = max(self._stall_s, time.perf_counter() - before_s - HEARTBEAT_S)

    def due(self, late_s: float) -> None:
        """Tell Prometheus of an arrival that was handed over."""
        if self._metrics:
            self._metrics.due(late_s)

    def finished(self, arrival: Arrival, sample: Sample) -> None:
        """Tell Locust's own statistics and Prometheus of an outcome."""
        failure = None
        if sample.outcome != OK:
            failure = self._failures.setdefault(sample.outcome, RuntimeError(sample.outcome))
        self._environment.events.request.fire(
            request_type=self._methods[arrival.operation],
            name=sample.operation,
            response_time=sample.latency_s * 1000,
            response_length=sample.size_bytes,
            exception=failure,
            context={"stage": arrival.stage},
        )
        if self._metrics:
            self._metrics.finished(arrival, sample)
