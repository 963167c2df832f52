"""The names of the service's Prometheus metrics, their labels and their buckets: the one home of each."""

from __future__ import annotations

REQUEST_DURATION = "http_server_request_duration_seconds"  # histogram {route, method, code}
REQUESTS_IN_FLIGHT = "http_server_requests_in_flight"  # gauge
REQUESTS_SHED = "http_server_requests_shed_total"  # counter {reason}
STAGE_DURATION = "search_stage_duration_seconds"  # histogram {stage}
CACHE_REQUESTS = "cache_requests_total"  # counter {cache, result}
CACHE_ENTRIES = "cache_entries"  # gauge {cache}
CACHE_BYTES = "cache_bytes"  # gauge {cache}
CACHE_EVICTIONS = "cache_evictions_total"  # counter {cache, reason}
CACHE_TROUBLES = "cache_troubles_total"  # counter {cache, trouble}
CACHE_WARMED = "cache_warmed_total"  # counter {cause}
CACHE_PREDICTIONS = "cache_predictions_total"  # counter {result}
CACHE_INVALIDATIONS = "cache_invalidations_total"  # counter {cause}
EMBEDDING_BATCH_SIZE = "embedding_batch_size"  # histogram
EMBEDDING_BATCHES = "embedding_batches_total"  # counter {closed_by}
EMBEDDING_CALLS = "embedding_service_calls_total"  # counter {replica, outcome}
EMBEDDER_LOAD = "embedder_load_seconds"  # gauge, 0 until it is loaded
EMBEDDING_QUEUE_DEPTH = "embedding_queue_depth"  # gauge
RECALL = "search_recall_at_10"  # gauge, of the latest shadow queries; NaN before the first
SHADOW_QUERIES = "search_shadow_queries_total"  # counter {outcome}
SHADOW_NEIGHBOURS = "search_shadow_neighbours_total"  # counter {found}: yes over both is recall@10 of any window
SHADOW_OUTCOMES = ("measured", "dropped")
INDEX_ELEMENTS = "search_index_elements"  # gauge {index}
EVENT_LOOP_LAG = "asyncio_event_loop_lag_seconds"  # histogram
WORKER_INFO = "search_service_worker_info"  # gauge, always 1 {worker}
BUILD_INFO = "search_service_build_info"  # gauge, always 1 {version, profile, embedder, index}
RATELIMIT_DECISIONS = "ratelimit_decisions_total"  # counter {limit, decision}
CONCURRENCY_LIMIT = "http_server_concurrency_limit"  # gauge
REQUEST_QUEUE_DEPTH = "http_server_request_queue_depth"  # gauge
LIMITED_USERS = "ratelimit_users"  # gauge
FAULT_ACTIVE = "fault_active"  # gauge {fault}
FAULT_EFFECTS = "fault_effects_total"  # counter {fault}

STAGES = ("queue", "cache", "l2", "keyword", "embed", "ann", "fuse", "rerank", "facets", "snippet", "serialise")
CACHE_RESULTS = ("hit", "miss", "coalesced")
BATCH_CLOSINGS = ("full", "waited", "busy")
CALL_OUTCOMES = ("ok", "failed", "timeout", "refused", "hedged")
EVICTION_REASONS = ("size", "ttl")
CACHE_TROUBLE_KINDS = ("timeout", "connection", "full", "refused", "skipped", "damaged", "foreign", "dropped")
WARMING_CAUSES = ("start", "predicted")
PREDICTION_RESULTS = ("hit", "wasted")
INVALIDATION_CAUSES = ("documents", "request", "peer")
SHED_REASONS = ("draining", "not_ready", "rate_limit", "quota", "queue_full", "queue_timeout")
FAULTS = ("latency", "errors", "freeze", "hang", "leak", "cpu", "recall", "cache_off", "l2", "upstream")

BUCKET_RATIO = 1.25
"""Geometric growth of the latency buckets: a true +10 % of p99 reads as 8.5 to 11.3 % (a ratio of 1.1 would read 10.0 %
with 98 buckets; the client library's default reads anything from 3.5 to 20.9 %)."""

FINEST_STEP = -10  # 0.001 s * 1.25^-10 = 0.11 ms: a cached answer takes some 50 us inside the service
COARSEST_STEP = 41  # 0.001 s * 1.25^41 = 9.4 s


def latency_buckets(objective_bounds_s: tuple[float, ...] = (0.05, 0.1)) -> tuple[float, ...]:
    """Return bucket bounds in seconds: 0.1 ms to 10 s growing by `BUCKET_RATIO`, and the objectives' limits exactly.

    A share "answered within the objective" can only be read where the objective is a bound.
    """
    grid = {float(f"{0.001 * BUCKET_RATIO**step:.3g}") for step in range(FINEST_STEP, COARSEST_STEP + 1)}
    return tuple(sorted(grid | set(objective_bounds_s) | {10.5}))


STAGE_BUCKETS = tuple(float(f"{0.00001 * 2**step:.3g}") for step in range(18))
"""Stages inside a request: 10 us to 1.3 s, doubling; a cache look-up and a transformer must both fit."""

LAG_BUCKETS = tuple(float(f"{0.0001 * 2**step:.3g}") for step in range(16))
"""Lateness of the event loop: 0.1 ms (below the timer's own resolution) to 3.3 s, doubling."""

BATCH_SIZE_BUCKETS = (1, 2, 4, 8, 16, 32)
"""Texts embedded in one call."""

# -- answers, and the language model server that writes them ----------------------------------------------------------

UPSTREAM_REQUESTS = "upstream_requests_total"  # counter {model, outcome}
UPSTREAM_RETRIES = "upstream_retries_total"  # counter {reason, sent}
UPSTREAM_DURATION = "upstream_request_duration_seconds"  # histogram {model}
UPSTREAM_FIRST_TOKEN = "upstream_first_token_seconds"  # histogram {model}  # noqa: S105 (of an answer)
UPSTREAM_POOL_IN_USE = "upstream_pool_in_use"  # gauge
UPSTREAM_POOL_WAITING = "upstream_pool_waiting"  # gauge
UPSTREAM_REUSE_RATIO = "upstream_connection_reuse_ratio"  # gauge
UPSTREAM_RETRIES_LEFT = "upstream_retry_budget_left"  # gauge
UPSTREAM_CIRCUIT_OPEN = "upstream_circuit_open"  # gauge, 1 while the model server is not asked
ANSWERS = "answers_total"  # counter {route, written_by, source}
ANSWER_STAGE_DURATION = "answer_stage_duration_seconds"  # histogram {stage}
ANSWER_FIRST_TOKEN = "answer_first_token_seconds"  # histogram {route}  # noqa: S105 (of an answer)
ANSWER_TOKENS = "answer_tokens_total"  # counter {model, kind}
ANSWER_COST = "answer_cost_micros_total"  # counter {model}
ANSWER_DEGRADED = "answers_degraded_total"  # counter {to}
ANSWER_FAILURES = "answer_failures_total"  # counter {code}
ANSWER_BUDGET_LEFT = "answer_budget_left_micros"  # gauge
ROUTER_ACCURACY = "answer_router_accuracy_ratio"  # gauge, over the labelled questions
ROUTER_SIMPLE_SHARE = "answer_router_simple_ratio"  # gauge, over the questions asked

RETRY_SENT = ("yes", "no")
MODELS = ("small", "large")
ANSWER_ROUTES = ("simple", "complex")
ANSWER_WRITERS = (*MODELS, "extract")  # extract: no model, sentences of the passages
ANSWER_SOURCES = ("upstream", "shared", "cache", "none")  # none: no model was asked
ANSWER_STAGES = ("retrieve", "route", "prompt", "upstream")
ANSWER_FAILURE_CODES = (
    *("upstream_unreachable", "upstream_unavailable", "upstream_busy", "upstream_failed", "upstream_refused"),
    *("upstream_timeout", "deadline_exceeded"),
)
TOKEN_KINDS = ("prompt", "completion")

MODEL_BUCKETS = tuple(float(f"{0.01 * 1.5**step:.3g}") for step in range(22))
"""Language models: 10 ms to 50 s, growing by half."""

ANSWER_STAGE_BUCKETS = tuple(float(f"{0.00001 * 2**step:.3g}") for step in range(24))
"""Stages of an answer: 10 us to 84 s, doubling; choosing a route and a large model must both fit."""
