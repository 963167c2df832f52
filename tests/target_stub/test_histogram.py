"""Histograms: what is written out is what Prometheus' own client would write, read back by its own parser."""

from __future__ import annotations

import random

import prometheus_client
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families

from target_stub.histogram import HistogramFamily
from target_stub.metric_names import BATCH_SIZE_BUCKETS, LAG_BUCKETS, STAGE_BUCKETS, latency_buckets

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("bounds", [latency_buckets(), STAGE_BUCKETS, LAG_BUCKETS, BATCH_SIZE_BUCKETS, (1e-9, 2.5e20)])
def test_a_histogram_counts_as_prometheus_client_does(bounds: tuple[float, ...]) -> None:
    """Equal values give equal samples: also values on a bound, below the first and above the last."""
    prometheus_client.disable_created_metrics()
    registry = prometheus_client.CollectorRegistry()
    theirs = prometheus_client.Histogram("x_seconds", "X.", ["route", "code"], buckets=bounds, registry=registry)
    ours = HistogramFamily("x_seconds", "X.", ("route", "code"), bounds)
    rng = random.Random(1)
    values = [*bounds, 0.0, 1e30, *(rng.lognormvariate(-3, 2) for _ in range(500))]
    theirs.labels("/quiet", "500")
    ours.child("/quiet", "500")
    for value in values:
        theirs.labels("/a", "200").observe(value)
        ours.child("/a", "200").observe(value)
    expected = samples(prometheus_client.generate_latest(registry).decode())
    assert samples(ours.text()) == pytest.approx(expected)
    assert samples(ours.text()).keys() == expected.keys()


def test_a_histogram_without_labels_is_written_out_too() -> None:
    """No braces but those of the bounds."""
    family = HistogramFamily("lag_seconds", "Lag.", (), (0.1, 1.0))
    family.child().observe(0.5)
    assert family.text() == (
        "# HELP lag_seconds Lag.\n# TYPE lag_seconds histogram\n"
        'lag_seconds_bucket{le="0.1"} 0\nlag_seconds_bucket{le="1.0"} 1\nlag_seconds_bucket{le="+Inf"} 1\n'
        "lag_seconds_count 1\nlag_seconds_sum 0.5\n"
    )


def test_hostile_label_values_are_escaped() -> None:
    """Quotes, backslashes and line ends come back as they were."""
    hostile = 'a"b\\c\nd} 1'
    family = HistogramFamily("x", "X.", ("route",), (1.0,))
    family.child(hostile)
    assert {dict(labels)["route"] for _, labels in samples(family.text())} == {hostile}


def test_it_is_open_metrics_as_well() -> None:
    """With the end mark it passes the stricter parser."""
    family = HistogramFamily("x_seconds", "X.", ("route",), latency_buckets())
    family.child("/a").observe(0.2)
    (read,) = read_open_metrics(family.text() + "# EOF\n")
    assert (read.name, read.type, len(read.samples)) == ("x_seconds", "histogram", len(latency_buckets()) + 3)


def test_the_same_labels_are_the_same_child() -> None:
    """A child may be asked for again and again."""
    family = HistogramFamily("x", "X.", ("route",), (1.0,))
    assert family.child("/a") is family.child("/a")
    assert family.child("/a") is not family.child("/b")
