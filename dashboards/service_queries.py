"""Queries about the inside of the service: one function per question that a panel asks."""

from __future__ import annotations

from dashboards.promql import SERVICE, during_range, mean_over_time, percentile_over_time, rate, selected, total
from dashboards.queries import GC_COLLECTIONS, PROCESS_CPU, PROCESS_MEMORY, SEARCHES
from target_stub import metric_names as service


def request_rate() -> str:
    """Answers per second by route and status code, without those that were never given."""
    return f"{total(rate(f'{service.REQUEST_DURATION}_count'), 'route', 'code')} > 0"


def search_latency(percentile: float) -> str:
    """A percentile of a search, in seconds."""
    return percentile_over_time(service.REQUEST_DURATION, percentile, SEARCHES)


def in_flight() -> str:
    """Requests inside the service at each scrape."""
    return total(selected(service.REQUESTS_IN_FLIGHT))


def concurrency() -> str:
    """Mean number of requests inside the service: arrival rate times mean time (Little's law)."""
    return total(rate(f"{service.REQUEST_DURATION}_sum"))


def shed_rate() -> str:
    """Requests refused per second, for whatever reason."""
    return total(rate(service.REQUESTS_SHED))


def busy_time() -> str:
    """Seconds spent in each stage per second, over all requests together."""
    return total(rate(f"{service.STAGE_DURATION}_sum"), "stage")


def stage_time(percentile: float) -> str:
    """A percentile of each stage, in seconds."""
    return percentile_over_time(service.STAGE_DURATION, percentile, by=("stage",))


def index_elements() -> str:
    """Documents in each index."""
    return total(selected(service.INDEX_ELEMENTS), "index", operator="max")


def embedding_batch() -> str:
    """Mean number of texts per call of the embedder."""
    return mean_over_time(service.EMBEDDING_BATCH_SIZE)


def embedding_batches() -> str:
    """Batches per second, by what began them."""
    return total(rate(service.EMBEDDING_BATCHES), "closed_by")


def embedding_queue() -> str:
    """Texts that wait for the embedder."""
    return total(selected(service.EMBEDDING_QUEUE_DEPTH))


def workers() -> str:
    """Processes of the service that answer scrapes."""
    return total(selected(service.WORKER_INFO), "variant")


def cpu() -> str:
    """Cores used by each process of the service."""
    return total(rate(PROCESS_CPU, SERVICE), "variant", operator="max")


def memory() -> str:
    """Resident memory in bytes."""
    return total(selected(PROCESS_MEMORY, SERVICE), "variant", operator="max")


def loop_lag(percentile: float) -> str:
    """A percentile of the event loop's lag, in seconds."""
    return percentile_over_time(service.EVENT_LOOP_LAG, percentile)


def collections() -> str:
    """Garbage collections per second, by generation."""
    return total(rate(GC_COLLECTIONS, SERVICE), "generation")


def build_info() -> str:
    """When each setting of the service was first seen, in order of time; its labels say what it was."""
    seen = during_range(f"timestamp({selected(service.BUILD_INFO)})", "min_over_time")
    return f"sort({total(seen, 'variant', 'profile', 'embedder', 'index', 'version', operator='min')})"
