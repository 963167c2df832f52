"""Metrics over HTTP: every promised name is there from the start, in both formats, and counts what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families

from target_stub import metric_names as names
from target_stub.metrics import Metrics

Serve = Callable[..., Any]
OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_every_child_is_there_before_the_first_request(serve: Serve) -> None:
    """A counter that appears with its first increment loses it: `rate` needs a value before."""
    found = families(serve().get("/metrics").body.decode())

    def labels(family: str, *wanted: str) -> set[tuple[str, ...]]:
        return {tuple(sample.labels[name] for name in wanted) for sample in found[family].samples}

    assert labels(names.STAGE_DURATION, "stage") == {(stage,) for stage in names.STAGES}
    assert labels("cache_requests", "cache", "result") == {("l1", result) for result in names.CACHE_RESULTS}
    assert labels("cache_evictions", "cache", "reason") == {("l1", reason) for reason in names.EVICTION_REASONS}
    assert labels("http_server_requests_shed", "reason") == {(reason,) for reason in names.SHED_REASONS}
    assert {
        ("/api/search", "POST", "200"),
        ("/api/search", "POST", "400"),
        ("/api/search", "POST", "499"),
        ("/api/search", "POST", "500"),
        ("/api/search", "POST", "503"),
        ("/api/documents", "GET", "200"),
        ("/api/documents", "POST", "201"),
        ("/readyz", "GET", "503"),
        ("unmatched", "GET", "404"),
    } <= labels(names.REQUEST_DURATION, "route", "method", "code")


def test_every_name_of_the_list_is_exported(serve: Serve) -> None:
    """Dashboards and rules are built on metric_names: each of them has samples."""
    found = families(serve().get("/metrics").body.decode())
    promised = [
        *(names.REQUEST_DURATION, names.REQUESTS_IN_FLIGHT, names.REQUESTS_SHED, names.STAGE_DURATION),
        *(names.CACHE_REQUESTS, names.CACHE_ENTRIES, names.CACHE_EVICTIONS, names.EMBEDDING_BATCH_SIZE),
        *(names.EMBEDDING_QUEUE_DEPTH, names.INDEX_ELEMENTS, names.EVENT_LOOP_LAG, names.BUILD_INFO),
    ]
    assert [name for name in promised if not found[name.removesuffix("_total")].samples] == []
    assert {"process_cpu_seconds", "process_resident_memory_bytes", "python_gc_collections", "python_info"} <= set(
        found
    )


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version="),
        ("text/plain", "text/plain; version="),
        ("*/*", "text/plain; version="),
        (OPEN_METRICS, "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_the_format_is_the_one_asked_for(serve: Serve, accept: str, content_type: str) -> None:
    """Prometheus asks for OpenMetrics, curl for nothing; both parse, and have the same metrics."""
    answer = serve().get("/metrics", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(content_type)
    text = answer.body.decode()
    parse = read_open_metrics if "openmetrics" in content_type else text_string_to_metric_families
    assert {names.REQUEST_DURATION, names.CACHE_ENTRIES} <= {family.name for family in parse(text)}
    assert text.endswith("# EOF\n") == ("openmetrics" in content_type)
    assert "_created" not in text


def test_the_objectives_limits_are_bucket_bounds(serve: Serve) -> None:
    """The share answered within 50 and 100 ms can be read exactly only where those are bounds."""
    text = serve().get("/metrics").body.decode()
    for bound in ("0.05", "0.1"):
        assert f'{names.REQUEST_DURATION}_bucket{{route="/api/search",method="POST",code="200",le="{bound}"}} ' in text


def test_stages_and_cache_results_are_counted(serve: Serve) -> None:
    """Two equal searches and one past the cache: one miss, one hit, two computations."""
    client = serve()
    for _ in range(2):
        client.search(query="bread")
    client.search(query="bread", cache="bypass")
    for result, expected in (("miss", 1), ("hit", 1), ("coalesced", 0)):
        assert client.metric(f'cache_requests_total{{cache="l1",result="{result}"}}') == expected
    for stage, expected in (("cache", 2), ("queue", 2), ("embed", 2), ("ann", 2), ("serialise", 2)):
        assert client.metric(f'search_stage_duration_seconds_count{{stage="{stage}"}}') == expected
    assert client.metric('cache_entries{cache="l1"}') == 1


def test_evictions_are_counted_with_their_reason(serve: Serve) -> None:
    """A cache that is too small shows."""
    client = serve(cache_max_bytes=3000)
    for query in ("bread", "violin", "chess"):
        client.search(query=query)
    assert client.metric('cache_evictions_total{cache="l1",reason="size"}') >= 1


def test_what_runs_is_a_label(serve: Serve) -> None:
    """Dashboards tell the variants apart by it."""
    text = serve(profile="optimized").get("/metrics").body.decode()
    assert 'search_service_build_info{embedder="hashing",index="exact",profile="optimized",version="' in text


def test_each_app_has_metrics_of_its_own() -> None:
    """Two services in one process do not count together."""
    one, other = Metrics(), Metrics()
    one.request("/a", "GET", 200).observe(0.1)
    assert b'route="/a"' in one.exposition("")[0]
    assert b'route="/a"' not in other.exposition("")[0]


def test_an_unknown_reason_for_shedding_is_a_bug(serve: Serve) -> None:
    """Every reason has its counter from the start, so an unheard-of one must not pass in silence."""
    with pytest.raises(ValueError, match="no known reason"):
        serve().service.shed("bored")
