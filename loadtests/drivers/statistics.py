"""Statistics: gives every outcome to Locust, so that its web page, CSV and HTML show the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from locust import stats as locust_stats
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsError

from loadtests.recorder import Recorder
from loadtests.tallies import Floats
from loadtests.tape import Rows

OWN_MODULE = "locust.runners"
"""Where Locust's own listener to `events.request` lives; it does nothing but count into the statistics."""

_LOCUSTS_ROUNDING = locust_stats.bucket_response_time


class Statistics:
    """Counts by the batch into Locust's statistics, as a master counts what its workers report.

    As soon as anybody else listens to `events.request`, the event is fired for each request instead, and Locust's own
    listener counts as it always does.
    """

    def __init__(self, environment: Environment, methods: Sequence[str]) -> None:
        self._environment = environment
        self._methods = methods
        self._failures: dict[str, RuntimeError] = {}

    def count(self, rows: Rows, recorder: Recorder) -> None:
        """Count finished requests; rows of `DONE_COLUMNS` with their latency from the due instant."""
        handlers = self._environment.events.request._handlers
        if any(getattr(handler, "__module__", "") != OWN_MODULE for handler in handlers):
            self._fire(rows, recorder)
        elif handlers:
            self._extend(rows, recorder)

    def _fire(self, rows: Rows, recorder: Recorder) -> None:
        fire: Callable[..., None] = self._environment.events.request.fire
        for kind, due_s, code, _, _, finished_s, size in rows.tolist():
            stage, operation = recorder.kinds[int(kind)]
            outcome = recorder.outcomes[int(code)]
            fire(
                request_type=self._method(int(kind)),
                name=operation,
                response_time=(finished_s - due_s) * 1000,
                response_length=int(size),
                exception=self._failure(outcome) if code else None,
                context={"stage": stage},
            )

    def _extend(self, rows: Rows, recorder: Recorder) -> None:
        stats = self._environment.stats
        operations = rows[:, 0].astype(np.int64) % len(self._methods)
        for operation in np.unique(operations).tolist():
            its = rows[operations == operation]
            name, method = recorder.kinds[operation][1], self._methods[operation]
            entry = _entry(stats, name, method, its)
            stats.entries[name, method].extend(entry)
            stats.total.extend(entry)
            codes, counts = np.unique(its[:, 2].astype(np.int64), return_counts=True)
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                if code:
                    _count_errors(stats, method, name, self._failure(recorder.outcomes[code]), count)

    def _method(self, kind: int) -> str:
        return self._methods[kind % len(self._methods)]

    def _failure(self, outcome: str) -> RuntimeError:
        """Return the exception that stands for an outcome in Locust's tables, the same each time."""
        return self._failures.setdefault(outcome, RuntimeError(outcome))


def _entry(stats: RequestStats, name: str, method: str, rows: Rows) -> StatsEntry:
    """Return Locust's count of one operation's requests."""
    now = time.time()
    times_ms = (rows[:, 5] - rows[:, 1]) * 1000
    failures = int(np.count_nonzero(rows[:, 2]))
    entry = StatsEntry(stats, name, method)
    entry.num_requests = len(rows)
    entry.num_failures = failures
    entry.total_response_time = float(times_ms.sum())  # type: ignore[assignment] # Locust itself adds up floats
    entry.min_response_time, entry.max_response_time = float(times_ms.min()), float(times_ms.max())  # type: ignore[assignment]
    entry.total_content_length = int(rows[:, 6].sum())
    entry.last_request_timestamp = now
    entry.num_reqs_per_sec[int(now)] = len(rows)
    if failures:
        entry.num_fail_per_sec[int(now)] = failures
    for rounded, count in zip(*np.unique(_rounded(times_ms), return_counts=True), strict=True):
        entry.response_times[int(rounded)] = int(count)
    return entry


def _rounded(times_ms: Floats) -> Floats:
    """Round as Locust does: to whole milliseconds, and to two digits from 100 ms on; or as somebody replaced that."""
    if locust_stats.bucket_response_time is not _LOCUSTS_ROUNDING:
        return np.array([locust_stats.bucket_response_time(its) for its in times_ms.tolist()], dtype=np.float64)
    step = np.select([times_ms < 100, times_ms < 1000, times_ms < 10_000], [1.0, 10.0, 100.0], 1000.0)
    rounded: Floats = np.rint(times_ms / step) * step
    return rounded


def _count_errors(stats: RequestStats, method: str, name: str, error: Exception, count: int) -> None:
    key = StatsError.create_key(method, name, error)
    entry = stats.errors.setdefault(key, StatsError(method, name, error))
    entry.occurred()
    entry.occurrences += count - 1
