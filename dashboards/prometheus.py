"""Prometheus, as Grafana's data source talks to it: three calls of its HTTP API, and one error for each kind of no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from scenarios.errors import HarnessError

TIMEOUT_S = 30.0


class QueryError(Exception):
    """Prometheus answered, but refused the query; the message is its own."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its labels, and (seconds since 1970, value) points; a value may be NaN or infinite."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus server at an address. Queries go in the body of a POST, so their length does not matter."""

    url: str

    def at(self, expression: str, time_unix: float) -> tuple[Series, ...]:
        """Return what an expression is at one instant.

        Raises:
            QueryError: when Prometheus refuses the query.
            HarnessError: when it cannot be reached.
        """
        data = self._post("query", {"query": expression, "time": time_unix})
        if data["resultType"] == "scalar":
            return (_series({}, [data["result"]]),)
        return tuple(_series(its["metric"], [its["value"]]) for its in data["result"])

    def between(self, expression: str, start_unix: float, end_unix: float, step_s: float) -> tuple[Series, ...]:
        """Return what an expression is at each step from start to end, both included; raises as `at` does."""
        window = {"start": start_unix, "end": end_unix, "step": step_s}
        data = self._post("query_range", {"query": expression} | window)
        return tuple(_series(its["metric"], its["values"]) for its in data["result"])

    def label_values(self, label: str, selector: str | None, start_unix: float, end_unix: float) -> tuple[str, ...]:
        """Return the values that a label had in the window, over all series or those of a selector; raises as `at`."""
        parameters: dict[str, Any] = {"start": start_unix, "end": end_unix}
        if selector is not None:
            parameters["match[]"] = selector
        return tuple(self._call("GET", f"label/{label}/values", params=parameters))

    def _post(self, path: str, form: Mapping[str, Any]) -> Any:
        return self._call("POST", path, data=form)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment has no business between us and our own Prometheus
            try:
                reply = session.request(method, f"{self.url}/api/v1/{path}", timeout=TIMEOUT_S, **more)
                answer = reply.json()
            except requests.RequestException as error:
                raise HarnessError(
                    f"Prometheus at {self.url} does not answer ({type(error).__name__})",
                    hint="start it on the run's folder, or give the address where it listens",
                ) from error
        if answer.get("status") != "success":
            raise QueryError(str(answer.get("error", f"HTTP {reply.status_code}")))
        return answer["data"]


def _series(labels: Mapping[str, str], values: list[list[Any]]) -> Series:
    return Series(dict(labels), tuple((float(time), float(value)) for time, value in values))
