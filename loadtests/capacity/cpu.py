"""CpuMeter: the target's processor time, read twice a second beside a probe, so that any window of it can be told."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families

PERIOD_S = 0.5
TIMEOUT_S = 1.0
PROCESS_CPU = "process_cpu_seconds_total"  # as Prometheus' client libraries name it

ReadCpu = Callable[[], float | None]
"""Returns processor seconds since some fixed moment, or None when they cannot be told."""


def of_process(pid: int) -> ReadCpu:
    """Return what reads the processor time of a process and its children."""

    def read() -> float | None:
        try:
            process = psutil.Process(pid)
            family = [process, *process.children(recursive=True)]
            times = [its.cpu_times() for its in family]
        except psutil.Error:
            return None
        return sum(its.user + its.system for its in times)

    return read


def of_metrics(url: str) -> ReadCpu:
    """Return what reads the processor time that a service at `url` tells at `/metrics`."""
    session = requests.Session()
    session.trust_env = False  # no proxy between the harness and its target

    def read() -> float | None:
        try:
            reply = session.get(f"{url.rstrip('/')}/metrics", timeout=TIMEOUT_S)
            reply.raise_for_status()
            families = list(text_string_to_metric_families(reply.text))
        except (requests.RequestException, ValueError):
            return None
        found = [its.value for family in families for its in family.samples if its.name == PROCESS_CPU]
        return sum(found) if found else None

    return read


class CpuMeter:
    """Reads in a thread of its own while the `with` block runs."""

    def __init__(self, read: ReadCpu) -> None:
        self._read = read
        self._readings: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cpu-meter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=2 * TIMEOUT_S)

    def _run(self) -> None:
        while True:
            value = self._read()
            if value is not None:
                self._readings.append((time.time(), value))
            if self._stop.wait(PERIOD_S):
                return

    def cores(self, start_unix: float, end_unix: float) -> float:
        """Return the mean number of busy cores between two moments; NaN when they were not covered."""
        before = [its for its in self._readings if its[0] <= start_unix + PERIOD_S]
        after = [its for its in self._readings if start_unix + PERIOD_S < its[0] <= end_unix + PERIOD_S]
        if not before or not after:
            return math.nan
        (begin, first), (end, last) = before[-1], after[-1]
        return (last - first) / (end - begin) if end > begin else math.nan
