"""Metrics: what the service counts about itself. Every child is made at the start, so no first increment is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import prometheus_client
from prometheus_client.exposition import choose_encoder

from target_stub import metric_names as names
from target_stub.histogram import Histogram, HistogramFamily

OPEN_METRICS_END = b"# EOF\n"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class Metrics:
    """The metrics of one app, in a registry of its own. To be used from the event loop's thread only."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # else each child gets a second series in OpenMetrics
        self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        prometheus_client.PlatformCollector(registry=self._registry)
        prometheus_client.GCCollector(registry=self._registry)
        self._families: list[HistogramFamily] = []
        self._counters: dict[str, prometheus_client.Counter] = {}
        self._gauges: dict[str, prometheus_client.Gauge] = {}
        self._requests = self.histogram(
            names.REQUEST_DURATION, "Time to answer a request.", ("route", "method", "code"), names.latency_buckets()
        )
        self._stages = self.histogram(
            names.STAGE_DURATION, "Time of a search's stage.", ("stage",), names.STAGE_BUCKETS
        )
        self._lag = self.histogram(names.EVENT_LOOP_LAG, "Lateness of a 100 ms timer.", (), names.LAG_BUCKETS)
        self._batches = self.histogram(
            names.EMBEDDING_BATCH_SIZE, "Texts embedded in one call.", (), names.BATCH_SIZE_BUCKETS
        )
        self._request_children: dict[tuple[str, str, int], Histogram] = {}
        self.stages = {stage: self._stages.child(stage) for stage in names.STAGES}
        self.loop_lag = self._lag.child()
        self.batch_size = self._batches.child()
        self._make_counters()
        self._make_gauges()

    def _make_counters(self) -> None:
        shed = self.counters(
            names.REQUESTS_SHED, "Requests refused unanswered.", ("reason",), [(its,) for its in names.SHED_REASONS]
        )
        self.requests_shed = {reason: shed[reason,] for reason in names.SHED_REASONS}

    def _make_gauges(self) -> None:
        self.in_flight = 0
        self.gauge(names.REQUESTS_IN_FLIGHT, "Requests being answered.", lambda: self.in_flight)

    def watch(
        self,
        *,
        queue_depth: Callable[[], int],
        index: str,
        index_elements: Callable[[], int],
    ) -> None:
        """Read these gauges at each scrape from now on."""
        self.gauge(names.EMBEDDING_QUEUE_DEPTH, "Texts waiting for the embedder.", queue_depth)
        self.gauge(names.INDEX_ELEMENTS, "Documents in the index.", index_elements, index=index)

    def describe(self, *, version: str, profile: str, embedder: str, index: str) -> None:
        """State what runs here, as labels of a gauge that is always 1."""
        labels = {"version": version, "profile": profile, "embedder": embedder, "index": index}
        self.gauge(names.BUILD_INFO, "What runs here; always 1.", lambda: 1, **labels)

    def histogram(self, name: str, described: str, labels: Sequence[str], bounds: Sequence[float]) -> HistogramFamily:
        """Return a new family of histograms that is written out with the rest; its children are to be made at once."""
        family = HistogramFamily(name, described, labels, bounds)
        self._families.append(family)
        return family

    def counters(
        self, name: str, described: str, labels: Sequence[str], children: Sequence[tuple[str, ...]]
    ) -> Mapping[tuple[str, ...], prometheus_client.Counter]:
        """Return a counter's children, all made now, by their labels' values in the labels' order.

        Asked for again, as after a swap, a counter goes on where it was.
        """
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = prometheus_client.Counter(name, described, labels, registry=self._registry)
        return {values: counter.labels(*values) for values in children}

    def gauge(self, name: str, described: str, read: Callable[[], float], **labels: str) -> None:
        """Make a gauge that is read at each scrape."""
        gauge = prometheus_client.Gauge(name, described, tuple(labels), registry=self._registry)
        self._gauges[name] = gauge
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def gauges(self, name: str, described: str, label: str, reads: Mapping[str, Callable[[], float]]) -> None:
        """Make a gauge with a child for each of the label's values, read at each scrape."""
        gauge = prometheus_client.Gauge(name, described, (label,), registry=self._registry)
        for value, read in reads.items():
            gauge.labels(value).set_function(read)

    def relabel(self, name: str, read: Callable[[], float], **labels: str) -> None:
        """Give a gauge other values of its labels, in place of those it had."""
        gauge = self._gauges[name]
        gauge.clear()
        gauge.labels(**labels).set_function(read)

    def expect(self, requests: Iterable[tuple[str, str, int]]) -> None:
        """Make the children of these routes, methods and status codes."""
        for route, method, code in requests:
            self.request(route, method, code)

    def request(self, route: str, method: str, code: int) -> Histogram:
        """Return the latency histogram of a route template, method and status code; unheard-of methods are one."""
        child = self._request_children.get((route, method, code))
        if child is None:
            known = method if method in METHODS else "OTHER"  # else any client could make series without end
            child = self._requests.child(route, known, str(code))
            if known == method:
                self._request_children[route, method, code] = child
        return child

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics in the format an Accept header asks for, and that format's content type."""
        encode, content_type = choose_encoder(accept)
        rest = encode(self._registry)
        own = "".join(family.text() for family in self._families).encode()
        if rest.endswith(OPEN_METRICS_END):
            return rest.removesuffix(OPEN_METRICS_END) + own + OPEN_METRICS_END, content_type
        return rest + own, content_type
