"""Counting: the metrics of the client side, every child made at the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from target_stub import metric_names as names
from target_stub.metrics import Metrics
from target_stub.upstream.failure import RETRIED, Outcome


class UpstreamCounting:
    """How requests to the model server ended, how long they took, and how often they were sent again.

    `model` in the labels is the model's part, small or large, whatever its name.
    """

    def __init__(self, metrics: Metrics, models: Sequence[str]) -> None:
        self._metrics = metrics
        self._requests = metrics.counters(
            names.UPSTREAM_REQUESTS,
            "Requests to the model server by how they ended.",
            ("model", "outcome"),
            [(model, outcome) for model in models for outcome in Outcome],
        )
        self._retries = metrics.counters(
            names.UPSTREAM_RETRIES,
            "Requests sent again, or not for want of budget.",
            ("reason", "sent"),
            [(reason, sent) for reason in sorted(RETRIED) for sent in names.RETRY_SENT],
        )
        duration = metrics.histogram(
            names.UPSTREAM_DURATION,
            "Time from a request to the end of its answer.",
            ("model",),
            names.MODEL_BUCKETS,
        )
        first = metrics.histogram(
            names.UPSTREAM_FIRST_TOKEN,
            "Time from a request to its first token.",
            ("model",),
            names.MODEL_BUCKETS,
        )
        self._duration = {model: duration.child(model) for model in models}
        self._first_token = {model: first.child(model) for model in models}

    def ended(self, model: str, outcome: Outcome, seconds: float) -> None:
        """Count a request's end; only good answers are timed."""
        self._requests[model, outcome].inc()
        if outcome is Outcome.OK:
            self._duration[model].observe(seconds)

    def first_token(self, model: str, seconds: float) -> None:
        """Count a first token."""
        self._first_token[model].observe(seconds)

    def retried(self, reason: Outcome, *, sent: bool) -> None:
        """Count a request that is sent again, or would be if the budget allowed."""
        self._retries[reason, names.RETRY_SENT[0 if sent else 1]].inc()

    def watch(
        self,
        *,
        in_use: Callable[[], float],
        waiting: Callable[[], float],
        reuse_ratio: Callable[[], float],
        retries_left: Callable[[], float],
        circuit_open: Callable[[], float],
    ) -> None:
        """Read these at each scrape from now on."""
        gauge = self._metrics.gauge
        gauge(names.UPSTREAM_POOL_IN_USE, "Connections to the model server in use.", in_use)
        gauge(names.UPSTREAM_POOL_WAITING, "Requests waiting for a connection to the model server.", waiting)
        gauge(names.UPSTREAM_REUSE_RATIO, "Share of requests sent on a connection that was there.", reuse_ratio)
        gauge(names.UPSTREAM_RETRIES_LEFT, "Retries that the budget has left.", retries_left)
        gauge(names.UPSTREAM_CIRCUIT_OPEN, "Whether the model server is not asked, since it is down.", circuit_open)

    def watch_nothing(self) -> None:
        """Tell zeros, where there is no model server."""
        self.watch(
            in_use=lambda: 0, waiting=lambda: 0, reuse_ratio=lambda: 0, retries_left=lambda: 0, circuit_open=lambda: 0
        )
