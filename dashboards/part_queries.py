"""Queries about parts that are off until a switch asks for them: limits, faults, shadows, embedding services."""

from __future__ import annotations

from dashboards.promql import rate, selected, total
from target_stub import metric_names as service


def embedding_calls() -> str:
    """Calls to embedding services per second, by service and what became of them."""
    return total(rate(service.EMBEDDING_CALLS), "replica", "outcome")


def embedder_load() -> str:
    """How long loading the embedder took, in seconds; 0 until it is loaded."""
    return total(selected(service.EMBEDDER_LOAD), "variant", operator="max")


def shadow_recall() -> str:
    """Share of the exact ten that the index found, over the shadow queries of each step."""
    found = total(rate(service.SHADOW_NEIGHBOURS, 'found="yes"'))
    return f"{found} / {total(rate(service.SHADOW_NEIGHBOURS))}"


def last_recall() -> str:
    """Recall@10 over the latest shadow queries, as the service tells it."""
    return total(selected(service.RECALL), operator="min")


def shadow_queries() -> str:
    """Shadow queries per second, by what became of them."""
    return total(rate(service.SHADOW_QUERIES), "outcome")


def decisions() -> str:
    """Decisions of the limits per second, by limit and decision."""
    return total(rate(service.RATELIMIT_DECISIONS), "limit", "decision")


def limited_users() -> str:
    """Users whose limits are remembered."""
    return total(selected(service.LIMITED_USERS))


def concurrency_limit() -> str:
    """Requests worked on at once, at most."""
    return total(selected(service.CONCURRENCY_LIMIT))


def waiting_for_a_turn() -> str:
    """Requests that wait for their turn."""
    return total(selected(service.REQUEST_QUEUE_DEPTH))


def active_faults() -> str:
    """Faults in force, by fault: 1 while it is."""
    return total(selected(service.FAULT_ACTIVE), "fault", operator="max")


def fault_effects() -> str:
    """Times per second that a fault did what it does."""
    return total(rate(service.FAULT_EFFECTS), "fault")
