"""Queries: one function per question that a panel asks, over the metric names of the service and of the generator."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.promql import (
    PER_STEP,
    SELECTED,
    SERVICE,
    during_range,
    growth,
    growth_by_stage,
    in_stage,
    percentile_of_range,
    percentile_over_time,
    quantile,
    rate,
    selected,
    share,
    total,
)
from loadtests import metric_names as generator
from target_stub import metric_names as service

# Names that the Prometheus client library and Prometheus itself give, the same in every Python process
PROCESS_CPU = "process_cpu_seconds_total"
PROCESS_MEMORY = "process_resident_memory_bytes"
GC_COLLECTIONS = "python_gc_collections_total"
SCRAPE_DURATION = "scrape_duration_seconds"
UP = "up"

SEARCHES = 'route="/api/search"'  # the operation under load; health checks would blur its percentiles
ANSWERED = f'outcome="{generator.OUTCOME_OK}"'
FAILED = f'outcome="{generator.OUTCOME_ERROR}"'

_CLIENT_COUNT = f"{generator.REQUEST_DURATION}_count"
_SERVER_COUNT = f"{service.REQUEST_DURATION}_count"


# -- over the time shown: one number per variant -----------------------------------------------------------------


def offered_at_most() -> str:
    """Requests per second that the plan asked for at its peak."""
    return total(f"max_over_time({selected(generator.OFFERED_RATE)}[$__range])", "variant", operator="max")


def answered_at_most() -> str:
    """Good answers per second at the best moment."""
    return during_range(answered_rate(), "max_over_time")


def client_latency_of_range(percentile: float) -> str:
    """A percentile, in seconds, of all requests, counted from the moment each was due."""
    return percentile_of_range(generator.REQUEST_DURATION, percentile, by=("variant",))


def server_latency_of_range(percentile: float) -> str:
    """A percentile, in seconds, of all searches as the service itself timed them."""
    return percentile_of_range(service.REQUEST_DURATION, percentile, SEARCHES, by=("variant",))


def error_ratio_of_range() -> str:
    """Failed requests over all."""
    failed, every = (total(growth(_CLIENT_COUNT, *which), "variant") for which in ((FAILED,), ()))
    return share(failed, every)


def cpu_headroom() -> str:
    """Share of a core that the busiest process of the service left unused at its busiest moment, never below 0."""
    busiest = total(during_range(rate(PROCESS_CPU, SERVICE), "max_over_time"), "variant", operator="max")
    return f"clamp_min(1 - {busiest}, 0)"


# -- by load stage: one number per variant and stage; `stages` are matchers that leave stages out ------------------


def stage_start(stages: Sequence[str]) -> str:
    """When each stage first began, seconds since 1970, in that order."""
    return _first_start("variant", "phase", stages=stages)


def stage_offered(stages: Sequence[str]) -> str:
    """Requests per second that the plan asked for."""
    offered = during_range(in_stage(generator.OFFERED_RATE, stages=stages), "max_over_time")
    return total(offered, "variant", "phase", operator="max")


def stage_answered_share(stages: Sequence[str]) -> str:
    """Good answers over requests due; below one where the service falls behind, above one where it catches up."""
    answered = growth_by_stage(_CLIENT_COUNT, ANSWERED, stages=stages)
    return f"{answered} / {growth_by_stage(generator.ARRIVALS_PLANNED, stages=stages)}"


def stage_client_latency(percentile: float, stages: Sequence[str]) -> str:
    """A percentile, in seconds, from the moment each request was due."""
    buckets = f"{generator.REQUEST_DURATION}_bucket"
    return quantile(percentile, growth_by_stage(buckets, by=("le",), stages=stages))


def stage_server_latency(percentile: float, stages: Sequence[str]) -> str:
    """A percentile, in seconds, as the service itself timed it."""
    buckets = f"{service.REQUEST_DURATION}_bucket"
    return quantile(percentile, growth_by_stage(buckets, SEARCHES, by=("le",), stages=stages))


def stage_error_ratio(stages: Sequence[str]) -> str:
    """Failed requests over all."""
    failed = growth_by_stage(_CLIENT_COUNT, FAILED, stages=stages)
    return share(failed, growth_by_stage(_CLIENT_COUNT, stages=stages))


def _first_start(*labels: str, stages: Sequence[str] = ()) -> str:
    began = during_range(f"{selected(generator.PHASE_START, *stages)} > 0", "min_over_time")
    return f"sort({total(began, *labels, operator='min')})"


# -- over time: one line per variant, or per part of a whole -----------------------------------------------------


def offered_rate() -> str:
    """Requests per second that the running stage plans."""
    return total(selected(generator.OFFERED_RATE), "variant", operator="max")


def answered_rate() -> str:
    """Good answers per second."""
    return total(rate(_CLIENT_COUNT, ANSWERED), "variant")


def client_latency(percentile: float) -> str:
    """A percentile, in seconds, from the moment each request was due."""
    return percentile_over_time(generator.REQUEST_DURATION, percentile, by=("variant",))


def server_latency(percentile: float) -> str:
    """A percentile, in seconds, as the service itself timed it."""
    return percentile_over_time(service.REQUEST_DURATION, percentile, SEARCHES, by=("variant",))


def error_ratio() -> str:
    """Failed requests over all."""
    return share(total(rate(_CLIENT_COUNT, FAILED), "variant"), total(rate(_CLIENT_COUNT), "variant"))


def connections_in_use() -> str:
    """Share of the connections that carry a request."""
    busy, there = (total(selected(metric), "variant") for metric in (generator.IN_FLIGHT, generator.USERS))
    return f"{busy} / {there}"


def waiting() -> str:
    """Requests that are due and have no connection."""
    return total(selected(generator.WAITING), "variant")


def start_lateness() -> str:
    """99th percentile, in seconds, of due until handed to a connection."""
    return percentile_over_time(generator.START_LATENESS, 99, by=("variant",))


def generator_cpu() -> str:
    """Share of a core that the busiest process of the generator spends on work, spinning left out."""
    return total(selected(generator.BUSY), "variant", operator="max")


def scrape_time() -> str:
    """Seconds that Prometheus waited for an answer, by job."""
    return total(selected(SCRAPE_DURATION), "job", operator="max")


# -- what each end counted: one number per trial -----------------------------------------------------------------


def trial_start() -> str:
    """When each trial's load began, seconds since 1970, in that order."""
    return _first_start("variant", "trial")


def due_count() -> str:
    """Requests that were due."""
    return _by_trial(generator.ARRIVALS_PLANNED)


def sent_count() -> str:
    """Requests that were sent."""
    return _by_trial(generator.ARRIVALS_SENT)


def sent_share() -> str:
    """Requests sent over requests due."""
    return f"{sent_count()} / {due_count()}"


def client_count() -> str:
    """Requests that ended, well or badly, as the generator counted."""
    return _by_trial(_CLIENT_COUNT)


def server_count() -> str:
    """Searches that the service says it answered."""
    return _by_trial(_SERVER_COUNT, SEARCHES)


def count_difference() -> str:
    """What the service counted more than the generator: requests still under way when the load stopped."""
    return f"{server_count()} - {client_count()}"


def _by_trial(counter: str, *matchers: str) -> str:
    return total(growth(counter, *matchers), "variant", "trial")


# -- the scenario's own ------------------------------------------------------------------------------------------


def own_indicator(promql: str) -> str:
    """Return an indicator's query with `$target` and `$window` filled in, on one line."""
    filled = promql.replace("$target", f"{SELECTED}, {SERVICE}").replace("$window", PER_STEP)
    return " ".join(filled.split())


def load_stages() -> str:
    """The load stage that runs, once per trial however many processes offer the load: the source of the annotations."""
    return f"{total(selected(generator.PHASE), 'variant', 'trial', 'phase', operator='max')} == 1"
