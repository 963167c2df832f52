"""GeneratorMetrics: what one generator process shows to Prometheus, on a loopback port of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from loadtests import metric_names
from loadtests.drivers.load import Load
from loadtests.tallies import Floats, Ints
from loadtests.tape import Rows
from scenarios.errors import HarnessError
from scenarios.planning import planned_per_second
from scenarios.scenario import Scenario

_RATIO = 1.25  # a true +10 % of p99 reads as 8.5 to 11.3 % with buckets that grow by this ratio
LATENCY_BUCKETS = tuple(float(f"{0.001 * _RATIO**step:.3g}") for step in range(-10, 43))
LATENESS_BUCKETS = tuple(float(f"{0.00001 * 2**step:.3g}") for step in range(18))


class BatchHistogram(Collector):
    """A Prometheus histogram that counts durations by the thousand, under label values known beforehand."""

    def __init__(
        self, name: str, about: str, labels: Sequence[str], children: Sequence[Sequence[str]], limits: Sequence[float]
    ) -> None:
        self._name, self._about, self._labels, self._children = name, about, labels, children
        self._limits = np.array(limits)
        self._counts = np.zeros((len(children), len(limits) + 1), np.int64)
        self._sums = np.zeros(len(children))

    def add(self, children: Ints, values_s: Floats) -> None:
        """Count durations in seconds, each under the child of the same position."""
        places = np.searchsorted(self._limits, values_s, side="left")  # a bucket includes its own limit
        flat = self._counts.reshape(-1)
        np.add.at(flat, children * self._counts.shape[1] + places, np.ones(len(places), np.int64))
        np.add.at(self._sums, children, values_s)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram as Prometheus knows it: cumulative counts by upper limit."""
        family = HistogramMetricFamily(self._name, self._about, labels=self._labels)
        names = [*(repr(limit) for limit in self._limits.tolist()), "+Inf"]
        for child, counts, total_s in zip(self._children, self._counts.cumsum(axis=1), self._sums, strict=True):
            family.add_metric(child, list(zip(names, counts.tolist(), strict=True)), float(total_s))
        yield family


class GeneratorMetrics:
    """Counters of planned and sent arrivals, latency from the intended start, the running stage."""

    def __init__(self, scenario: Scenario, methods: Sequence[str], port: int) -> None:
        names = metric_names
        registry = CollectorRegistry()
        operations = [operation.name for operation in scenario.workload.operations]
        self._operations = len(operations)
        children = [
            (name, method, outcome)
            for outcome in (names.OUTCOME_OK, names.OUTCOME_ERROR)
            for name, method in zip(operations, methods, strict=True)
        ]
        self._duration = BatchHistogram(
            names.REQUEST_DURATION,
            "Latency from the intended start, waiting included.",
            ("name", "method", "outcome"),
            children,
            _latency_limits(scenario),
        )
        self._lateness = BatchHistogram(names.START_LATENESS, "Due until handed over.", (), [()], LATENESS_BUCKETS)
        registry.register(self._duration)
        registry.register(self._lateness)
        self._users = Gauge(names.USERS, "Connections the pool may use.", registry=registry)
        self._in_flight = Gauge(names.IN_FLIGHT, "Requests under way.", registry=registry)
        self._waiting = Gauge(names.WAITING, "Arrivals due without a free connection.", registry=registry)
        self._planned = Counter(names.ARRIVALS_PLANNED, "Arrivals due so far.", registry=registry)
        self._sent = Counter(names.ARRIVALS_SENT, "Requests sent so far.", registry=registry)
        self._offered = Gauge(names.OFFERED_RATE, "Arrivals per second planned now.", registry=registry)
        self._busy = Gauge(names.BUSY, "Share of a core spent on work; spinning left out.", registry=registry)
        self._phase = Gauge(names.PHASE, "1 while the stage runs.", ["phase"], registry=registry)
        self._phase_start = Gauge(names.PHASE_START, "When the stage began.", ["phase"], registry=registry)
        Gauge(names.RUN_INFO, "Facts of this run.", ["scenario"], registry=registry).labels(scenario.name).set(1)
        ProcessCollector(registry=registry)
        self._rates = planned_per_second(scenario)
        for window in scenario.windows:
            self._phase.labels(window.name).set(0)
        try:
            self._server, self._thread = start_http_server(port, addr="127.0.0.1", registry=registry)
        except OSError as error:
            raise HarnessError(
                f"port {port} for the generator's metrics cannot be used: {error}",
                hint="give another with --metrics-port, or 0 for none",
            ) from error

    def due(self, rows: Rows) -> None:
        """Count arrivals that were handed over; rows of `DUE_COLUMNS`."""
        self._planned.inc(len(rows))
        self._lateness.add(np.zeros(len(rows), np.int64), rows[:, 2])

    def done(self, rows: Rows) -> None:
        """Count arrivals that got their outcome; rows of `DONE_COLUMNS`."""
        failed = rows[:, 2] != 0
        children = rows[:, 0].astype(np.int64) % self._operations + failed * self._operations
        self._duration.add(children, rows[:, 5] - rows[:, 1])
        self._sent.inc(int(np.count_nonzero(~np.isnan(rows[:, 3]))))

    def update(self, load: Load, busy_share: float) -> None:
        """Show the state of the load and how busy the process is; called once a second."""
        self._busy.set(busy_share)
        now_s = load.clock.now_s()
        self._users.set(len(load.pool.lanes))
        self._in_flight.set(load.pool.busy)
        self._waiting.set(len(load.pool.waiting))
        offered = 0.0
        for window in load.scenario.windows:
            running = window.start_s <= now_s < window.end_s
            self._phase.labels(window.name).set(1 if running else 0)
            if running:
                offered = self._rates[min(int(now_s), len(self._rates) - 1)] if self._rates else 0.0
                self._phase_start.labels(window.name).set(load.clock.origin_unix + window.start_s)
        self._offered.set(offered)

    def close(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _latency_limits(scenario: Scenario) -> list[float]:
    """Return the buckets, with the limits of objectives among them, so that these can be read without rounding."""
    limits = {criterion.limit for objective in scenario.objectives for criterion in objective.criteria}
    finest, coarsest = LATENCY_BUCKETS[0], LATENCY_BUCKETS[-1]
    return sorted({*LATENCY_BUCKETS, *(limit for limit in limits if finest <= limit <= coarsest)})
