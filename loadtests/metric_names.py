"""The names of the generator's Prometheus metrics and their labels: the one home of each."""

from __future__ import annotations

REQUEST_DURATION = "loadtest_request_duration_seconds"  # histogram {name, method, outcome}, from the intended start
USERS = "loadtest_users"  # gauge: connections the pool may use
IN_FLIGHT = "loadtest_requests_in_flight"  # gauge
WAITING = "loadtest_arrivals_waiting"  # gauge: due, and no connection free
ARRIVALS_PLANNED = "loadtest_arrivals_planned_total"  # counter: due so far
ARRIVALS_SENT = "loadtest_arrivals_sent_total"  # counter
START_LATENESS = "loadtest_start_lateness_seconds"  # histogram: due until handed to a connection or the queue
OFFERED_RATE = "loadtest_offered_rate"  # gauge: arrivals per second that the running stage plans
BUSY = "loadtest_generator_busy_ratio"  # gauge: share of a core spent on work, spinning left out
PHASE = "loadtest_phase"  # gauge {phase}: 1 while the stage runs
PHASE_START = "loadtest_phase_start_timestamp_seconds"  # gauge {phase}
RUN_INFO = "loadtest_run_info"  # gauge, always 1 {scenario}

OUTCOME_OK = "ok"
OUTCOME_ERROR = "error"

RUN_LABELS = ("testid", "variant", "trial", "job", "instance")
"""Labels that Prometheus itself adds to every series, from the target file the harness writes for each trial."""
