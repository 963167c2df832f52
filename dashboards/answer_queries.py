"""Queries about answers and the language model server: one function per question that a panel asks."""

from __future__ import annotations

from dashboards.promql import percentile_over_time, rate, selected, total
from target_stub import metric_names as service


def answers() -> str:
    """Answers per second, by who wrote them and where they came from."""
    return total(rate(service.ANSWERS), "written_by", "source")


def degraded() -> str:
    """Answers per second that were written by a cheaper means than asked for, to keep to the budget."""
    return total(rate(service.ANSWER_DEGRADED), "to")


def failures() -> str:
    """Questions per second without an answer, by what went wrong."""
    return total(rate(service.ANSWER_FAILURES), "code")


def simple_share() -> str:
    """Share of the questions that the router took for simple ones."""
    return total(selected(service.ROUTER_SIMPLE_SHARE), operator="max")


def router_accuracy() -> str:
    """Share of the labelled questions that the router gets right."""
    return total(selected(service.ROUTER_ACCURACY), operator="min")


def first_words(percentile: float) -> str:
    """A percentile of the time to an answer's first words, in seconds, by route."""
    return percentile_over_time(service.ANSWER_FIRST_TOKEN, percentile, by=("route",))


def busy_time() -> str:
    """Seconds spent in each stage of answering per second, over all questions together."""
    return total(rate(f"{service.ANSWER_STAGE_DURATION}_sum"), "stage")


def tokens() -> str:
    """Tokens per second, by model and kind."""
    return total(rate(service.ANSWER_TOKENS), "model", "kind")


def cost() -> str:
    """Money per second, in whole units, by model."""
    return f"{total(rate(service.ANSWER_COST), 'model')} / 1e6"


def budget_left() -> str:
    """What is left of the day's budget, in whole units."""
    return f"{total(selected(service.ANSWER_BUDGET_LEFT), operator='min')} / 1e6"


def requests() -> str:
    """Requests to the model server per second, by how they ended."""
    return total(rate(service.UPSTREAM_REQUESTS), "outcome")


def first_token(percentile: float) -> str:
    """A percentile of a model's time to its first token, in seconds."""
    return percentile_over_time(service.UPSTREAM_FIRST_TOKEN, percentile, by=("model",))


def duration(percentile: float) -> str:
    """A percentile of a model's time to the end of an answer, in seconds."""
    return percentile_over_time(service.UPSTREAM_DURATION, percentile, by=("model",))


def retries() -> str:
    """Requests per second that were sent again, or were not for want of budget."""
    return total(rate(service.UPSTREAM_RETRIES), "reason", "sent")


def retries_left() -> str:
    """Retries that the budget has left."""
    return total(selected(service.UPSTREAM_RETRIES_LEFT), operator="min")


def circuit_open() -> str:
    """1 while the model server is not asked, since it is down."""
    return total(selected(service.UPSTREAM_CIRCUIT_OPEN), operator="max")


def pool_in_use() -> str:
    """Connections to the model server in use."""
    return total(selected(service.UPSTREAM_POOL_IN_USE))


def pool_waiting() -> str:
    """Requests that wait for a connection to the model server."""
    return total(selected(service.UPSTREAM_POOL_WAITING))


def reuse_ratio() -> str:
    """Share of the requests that found a connection open."""
    return total(selected(service.UPSTREAM_REUSE_RATIO), operator="min")
