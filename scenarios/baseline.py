"""Baseline: where 1x comes from: a number, the peak of an access log, or a query over production's Prometheus."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.access_log import AccessLog, LogNotes, read_log
from scenarios.errors import HarnessError


@dataclass(frozen=True, slots=True)
class Baseline:
    """Today's traffic in arrivals per second; `read_from` tells from where and when, and is empty for a number given.

    It goes into the run folder as it is: plain text and numbers, no secrets.
    """

    rate_per_s: float
    read_from: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogPeak:
    """The rate that a share (`quantile`) of all windows of a log does not exceed; windows without a request count."""

    log: AccessLog
    window_s: float
    quantile: float


@dataclass(frozen=True, slots=True)
class PromQuery:
    """A query that gives arrivals per second, and the Prometheus to ask; its address may refer to variables."""

    promql: str
    prometheus: str


BaselineSource = LogPeak | PromQuery

Measure = Callable[[BaselineSource], Baseline]
"""Reads a baseline at the start of a run, or fails with a HarnessError that names the source."""


def unmeasured(_: BaselineSource) -> Baseline:
    """Stand in for a baseline where only the rest of a scenario matters, such as its objectives."""
    return Baseline(1.0, {"unmeasured": True})


def measured(source: BaselineSource) -> Baseline:
    """Read the baseline from its source.

    Raises:
        HarnessError: naming the file or address, when it cannot be read or gives no rate above zero.
    """
    match source:
        case LogPeak():
            return log_peak(source)
        case PromQuery():
            from scenarios.prom_query import asked  # a network library, which a number does not need

            return asked(source)


def log_peak(source: LogPeak) -> Baseline:
    """Return the chosen quantile (nearest rank) of the requests per window, from the first to the last of the log.

    Raises:
        HarnessError: when the log cannot be read, or says nothing about windows of that length.
    """
    notes, counts = LogNotes(), Counter[int]()
    file, window_s = source.log.file, source.window_s
    first_s: float | None = None
    for record in read_log(source.log, notes):
        first_s = record.at_s if first_s is None else first_s
        if record.whole and window_s < 1:
            raise HarnessError(f"{file} knows whole seconds only", hint="give a window of 1s or more")
        counts[int((record.at_s - first_s) / window_s)] += 1
    # the last window is cut off by the end of the log and does not count, unless it is the only one
    windows = max(1, max(counts))
    ranked = sorted(counts.get(number, 0) for number in range(windows))
    rate = ranked[max(0, math.ceil(source.quantile * windows) - 1)] / window_s
    if rate <= 0:
        what = f"{file}: at quantile {source.quantile:g} its windows of {window_s:g} s hold no request"
        raise HarnessError(what, hint="choose a higher quantile, or a longer window")
    found = {"access_log": str(file), "window_s": window_s, "quantile": source.quantile, "windows": windows}
    return Baseline(rate, {**found, "requests": counts.total(), "notes": list(notes.sentences())})
