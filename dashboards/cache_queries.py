"""Queries about the service's caches: one function per question that a panel asks."""

from __future__ import annotations

from dashboards.promql import rate, selected, total
from target_stub import metric_names as service


def hit_ratio() -> str:
    """Look-ups that needed no work of their own: found, or shared with one already under way."""
    served = total(rate(service.CACHE_REQUESTS, 'result!="miss"'), "cache")
    return f"{served} / {total(rate(service.CACHE_REQUESTS), 'cache')}"


def entries() -> str:
    """Entries held, by cache."""
    return total(selected(service.CACHE_ENTRIES), "cache")


def memory() -> str:
    """Bytes taken, by cache."""
    return total(selected(service.CACHE_BYTES), "cache")


def evictions() -> str:
    """Entries thrown out per second, by cache and reason."""
    return total(rate(service.CACHE_EVICTIONS), "cache", "reason")


def invalidations() -> str:
    """Times per second that answers were forgotten, by cause."""
    return total(rate(service.CACHE_INVALIDATIONS), "cause")


def troubles() -> str:
    """Answers per second that a cache could not give or keep, by reason."""
    return total(rate(service.CACHE_TROUBLES), "cache", "trouble")


def warmed() -> str:
    """Answers per second that were computed before they were asked for, by cause."""
    return total(rate(service.CACHE_WARMED), "cause")


def predictions() -> str:
    """Predicted answers per second, by whether anybody asked for them."""
    return total(rate(service.CACHE_PREDICTIONS), "result")
