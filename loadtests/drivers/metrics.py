"""GeneratorMetrics: what one generator process shows to Prometheus, on a loopback port of its own."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.process_collector import ProcessCollector

from loadtests import metric_names
from loadtests.drivers.load import Load
from loadtests.sample import OK, Sample
from scenarios.arrivals import Arrival
from scenarios.errors import HarnessError
from scenarios.scenario import Scenario

_RATIO = 1.25  # a true +10 % of p99 reads as 8.5 to 11.3 % with buckets that grow by this ratio
LATENCY_BUCKETS = tuple(float(f"{0.001 * _RATIO**step:.3g}") for step in range(-10, 43))
LATENESS_BUCKETS = tuple(float(f"{0.00001 * 2**step:.3g}") for step in range(18))


class GeneratorMetrics:
    """Counters of planned and sent arrivals, latency from the intended start, the running stage."""

    def __init__(self, scenario: Scenario, methods: Sequence[str], port: int) -> None:
        names = metric_names
        registry = CollectorRegistry()
        limits = {criterion.limit for objective in scenario.objectives for criterion in objective.criteria}
        finest, coarsest = LATENCY_BUCKETS[0], LATENCY_BUCKETS[-1]
        buckets = sorted({*LATENCY_BUCKETS, *(limit for limit in limits if finest <= limit <= coarsest)})
        self._duration = Histogram(
            names.REQUEST_DURATION,
            "Latency from the intended start, waiting included.",
            ["name", "method", "outcome"],
            buckets=buckets,
            registry=registry,
        )
        operations = [operation.name for operation in scenario.workload.operations]
        self._children = {
            (index, ok): self._duration.labels(name, method, names.OUTCOME_OK if ok else names.OUTCOME_ERROR)
            for index, (name, method) in enumerate(zip(operations, methods, strict=True))
            for ok in (True, False)
        }
        self._users = Gauge(names.USERS, "Connections the pool may use.", registry=registry)
        self._in_flight = Gauge(names.IN_FLIGHT, "Requests under way.", registry=registry)
        self._waiting = Gauge(names.WAITING, "Arrivals due without a free connection.", registry=registry)
        self._planned = Counter(names.ARRIVALS_PLANNED, "Arrivals due so far.", registry=registry)
        self._sent = Counter(names.ARRIVALS_SENT, "Requests sent so far.", registry=registry)
        self._lateness = Histogram(
            names.START_LATENESS, "Due until handed over.", buckets=LATENESS_BUCKETS, registry=registry
        )
        self._offered = Gauge(names.OFFERED_RATE, "Arrivals per second planned now.", registry=registry)
        self._phase = Gauge(names.PHASE, "1 while the stage runs.", ["phase"], registry=registry)
        self._phase_start = Gauge(names.PHASE_START, "When the stage began.", ["phase"], registry=registry)
        Gauge(names.RUN_INFO, "Facts of this run.", ["scenario"], registry=registry).labels(scenario.name).set(1)
        ProcessCollector(registry=registry)
        for window in scenario.windows:
            self._phase.labels(window.name).set(0)
        try:
            self._server, self._thread = start_http_server(port, addr="127.0.0.1", registry=registry)
        except OSError as error:
            raise HarnessError(
                f"port {port} for the generator's metrics cannot be used: {error}",
                hint="give another with --metrics-port, or 0 for none",
            ) from error

    def due(self, late_s: float) -> None:
        """Count an arrival that was handed over."""
        self._planned.inc()
        self._lateness.observe(late_s)

    def finished(self, arrival: Arrival, sample: Sample) -> None:
        """Count an arrival that got its outcome."""
        self._children[arrival.operation, sample.outcome == OK].observe(sample.latency_s)
        if sample.sent_s is not None:
            self._sent.inc()

    def update(self, load: Load) -> None:
        """Show the state of the load; called once a second."""
        now_s = load.clock.now_s()
        self._users.set(load.occupancy.places)
        self._in_flight.set(load.occupancy.busy)
        self._waiting.set(load.waiting)
        offered = 0.0
        for window in load.scenario.windows:
            running = window.start_s <= now_s < window.end_s
            self._phase.labels(window.name).set(1 if running else 0)
            if running:
                offered = window.stage.rate_at(now_s - window.start_s)
                self._phase_start.labels(window.name).set(load.clock.origin_unix + window.start_s)
        self._offered.set(offered)

    def close(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
