"""Counting: the model server's metrics, with every child made at the start."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

OUTCOMES = ("ok", "refused", "rate_limited", "failed", "broken", "left", "deadline")
"""How a request ended: answered; a mistake in it; 429; an error on request; cut or garbled on request; the client
left; the client's deadline passed."""

FIRST_TOKEN_BUCKETS_S = tuple(float(f"{0.001 * 2**step:.3g}") for step in range(15))  # 1 ms to 16 s, doubling


class Counting:
    """The metrics of one model server."""

    def __init__(self, models: Sequence[str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        requests = Counter(
            "model_requests_total", "Requests by how they ended.", ("model", "outcome"), registry=self._registry
        )
        self.requests = {(its, end): requests.labels(its, end) for its in (*models, "none") for end in OUTCOMES}
        tokens = Counter("model_tokens_total", "Tokens read and written.", ("model", "kind"), registry=self._registry)
        self.tokens = {(its, kind): tokens.labels(its, kind) for its in models for kind in ("prompt", "completion")}
        first = Histogram(
            "model_first_token_seconds",
            "Time from the request to the first token.",
            ("model",),
            buckets=FIRST_TOKEN_BUCKETS_S,
            registry=self._registry,
        )
        self.first_token = {its: first.labels(its) for its in models}
        self.in_flight = 0
        gauge = Gauge("model_requests_in_flight", "Requests being answered.", registry=self._registry)
        gauge.set_function(lambda: self.in_flight)

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def ended(self, model: str, outcome: str) -> None:
        """Count the end of a request; a model that is not served is `none`."""
        self.requests[model if (model, outcome) in self.requests else "none", outcome].inc()
