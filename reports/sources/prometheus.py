"""A source that asks Prometheus: one query per indicator and stage, at the stage's end, over the stage's length."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.util.retry import Retry

from loadtests.manifest import TrialRecord
from loadtests.server import ServerSeries, ServerValue
from scenarios.indicator import Indicator
from scenarios.scenario import Scenario
from scenarios.stage import StageWindow

TIMEOUT_S = 10
HEAD_S = 1
"""Left out at the start of a stage: scraped once a second, its first sample still holds the stage before."""

SHORTEST_WINDOW_S = 2  # a rate needs two samples
SERIES_WINDOW_S = 5
STEP_S = 1

Answered = TypeVar("Answered")


class PrometheusSource:
    """Asks Prometheus through prometheus-api-client, with what that leaves out: a timeout, a session of its own.

    The library's queries return values as text, scalars in another shape, and nothing at all without an error; here
    every number is finite or None with a note. Once the server cannot be reached it is not asked again.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy between the harness and its own Prometheus
        retry = Retry(total=2, backoff_factor=0.1, status_forcelist=(502, 503, 504), raise_on_status=False)
        self._client = PrometheusConnect(url=url.rstrip("/"), session=session, retry=retry, timeout=timeout_s)
        self._url = url
        self._unreachable = ""

    def read(self, scenario: Scenario, run_id: str, record: TrialRecord) -> list[ServerValue | ServerSeries]:
        """Return what Prometheus knows of one trial; see `Source.read`."""
        found: list[ServerValue | ServerSeries] = []
        for indicator in scenario.indicators:
            for window in scenario.windows:
                if window.stage.judged:
                    found += self._stage(indicator, window, run_id, record)
            if indicator.by is None and record.started_unix is not None:
                found += self._series(indicator, scenario.duration_s, run_id, record)
        return found

    def _stage(self, indicator: Indicator, window: StageWindow, run_id: str, record: TrialRecord) -> list[ServerValue]:
        def unmeasured(note: str) -> list[ServerValue]:
            return [ServerValue(record.index, window.name, indicator.name, None, f"not measured: {note}")]

        if record.started_unix is None:
            return unmeasured("the trial never began")
        length_s = max(SHORTEST_WINDOW_S, math.floor(window.end_s - window.start_s) - HEAD_S)
        query = filled(indicator.promql or "", run_id, record, length_s)
        at = f"{record.started_unix + window.end_s:.3f}"
        answer, note = self._asked(lambda: self._client.custom_query(query, params={"time": at}))
        if answer is None:
            return unmeasured(note)
        parts = [(labels, value) for labels, value in _vector(answer)]
        if indicator.by is not None:
            found = [
                ServerValue(
                    record.index, window.name, indicator.name, *_finite(value), str(labels.get(indicator.by, ""))
                )
                for labels, value in parts
            ]
            return found or unmeasured("no data")
        if len(parts) != 1:
            return unmeasured("no data" if not parts else f"{len(parts)} series, where one number was expected")
        return [ServerValue(record.index, window.name, indicator.name, *_finite(parts[0][1]))]

    def _series(self, indicator: Indicator, length_s: float, run_id: str, record: TrialRecord) -> list[ServerSeries]:
        start = record.started_unix or 0.0
        query = filled(indicator.promql or "", run_id, record, SERIES_WINDOW_S)
        ends = (
            datetime.fromtimestamp(math.ceil(start), UTC),
            datetime.fromtimestamp(math.floor(start + length_s), UTC),
        )
        answer, _ = self._asked(lambda: self._client.custom_query_range(query, *ends, step=str(STEP_S)))
        if not answer or len(answer) != 1:
            return []
        points = ((float(t) - start, float(value)) for t, value in answer[0].get("values", ()))
        finite = tuple((round(t, 3), value) for t, value in points if math.isfinite(value))
        return [ServerSeries(record.index, indicator.name, finite)] if finite else []

    def _asked(self, ask: Callable[[], Answered]) -> tuple[Answered | None, str]:
        """Return an answer, or None and why there is none."""
        if self._unreachable:
            return None, self._unreachable
        try:
            return ask(), ""
        except PrometheusApiClientException as error:
            return None, f"Prometheus refused the query: {error}"
        except (requests.RequestException, ValueError, KeyError) as error:  # the latter two: an answer that is not one
            self._unreachable = f"Prometheus at {self._url} cannot be asked: {error.__class__.__name__}"
            return None, self._unreachable


def filled(query: str, run_id: str, record: TrialRecord, window_s: int) -> str:
    """Return a query with `$target` as the matchers of this trial's service and `$window` as a length in seconds."""
    matchers = {"testid": run_id, "trial": str(record.index), "job": "service"}
    target = ",".join(f'{name}="{_escaped(value)}"' for name, value in matchers.items())
    return query.replace("$target", target).replace("$window", f"{window_s}s")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _vector(answer: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield (labels, value as text) of an instant query; a scalar comes as [time, value], not as a list of series."""
    if len(answer) == 2 and not isinstance(answer[0], Mapping):
        yield {}, str(answer[1])
        return
    for its in answer:
        yield its["metric"], str(its["value"][1])


def _finite(text: str) -> tuple[float | None, str]:
    value = float(text)
    if math.isfinite(value):
        return value, ""
    why = "nothing to divide by" if math.isnan(value) else "beyond the last bucket, or divided by zero"
    return None, f"not measured: {text} ({why})"
