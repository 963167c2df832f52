"""What Prometheus is shown, counted by the batch, against Prometheus' own client counting one by one."""

from __future__ import annotations

import numpy as np
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from loadtests.drivers.metrics import LATENCY_BUCKETS, BatchHistogram

CHILDREN = (("search", "ok"), ("search", "error"), ("open", "ok"))


def test_a_batch_is_counted_as_prometheus_counts_one_by_one():
    """The exposition agrees line by line: buckets that include their own limits, sums, counts."""
    registry, reference = CollectorRegistry(), CollectorRegistry()
    batched = BatchHistogram("duration_seconds", "About.", ("name", "outcome"), CHILDREN, LATENCY_BUCKETS)
    registry.register(batched)
    single = Histogram("duration_seconds", "About.", ["name", "outcome"], buckets=LATENCY_BUCKETS, registry=reference)
    rng = np.random.default_rng(1)
    values_s = np.concatenate((rng.lognormal(-5, 2, 500), LATENCY_BUCKETS))
    children = rng.integers(0, len(CHILDREN), len(values_s))
    for start in range(0, len(values_s), 100):
        batched.add(children[start : start + 100], values_s[start : start + 100])
    for labels in CHILDREN:
        single.labels(*labels)
    for child, value_s in zip(children.tolist(), values_s.tolist(), strict=True):
        single.labels(*CHILDREN[child]).observe(value_s)
    assert lines(registry) == lines(reference)


def lines(registry):
    """Counts as they are, sums to nine digits; the instant of creation is nobody's affair."""
    found = {}
    for line in generate_latest(registry).decode().splitlines():
        if not line.startswith("#") and "_created" not in line:
            name, _, value = line.rpartition(" ")
            found[name] = f"{float(value):.9g}"
    return found
