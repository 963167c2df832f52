"""Asking production's Prometheus for the baseline: one query, one number, once at the start of a run."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from scenarios.baseline import Baseline, PromQuery
from scenarios.errors import HarnessError
from scenarios.secret import filled

TIMEOUT_S = 10.0


def asked(source: PromQuery) -> Baseline:
    """Return the rate that the query gives now.

    Raises:
        HarnessError: when Prometheus cannot be reached, refuses the query, or does not answer one number above zero.
    """
    address = filled(source.prometheus, os.environ).rstrip("/")
    shown = shown_address(address)
    value = _number(_reply(address, shown, source.promql), shown, source.promql)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Baseline(value, {"promql": source.promql, "prometheus": shown, "read_utc": now})


def shown_address(address: str) -> str:
    """Return an address without the user and password that may be in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _reply(address: str, shown: str, query: str) -> Any:
    try:
        reply = requests.get(f"{address}/api/v1/query", params={"query": query}, timeout=TIMEOUT_S)
        data = reply.json()
    except requests.exceptions.JSONDecodeError:
        hint = "give the address of the server itself, such as http://prometheus:9090"
        raise HarnessError(f"{shown} does not answer as Prometheus does: HTTP {reply.status_code}", hint=hint) from None
    except (requests.RequestException, ValueError) as error:
        why = "no connection" if isinstance(error, requests.ConnectionError) else type(error).__name__
        hint = "check baseline.prometheus, or give the baseline as a number"
        raise HarnessError(f"Prometheus at {shown} cannot be asked for the baseline: {why}", hint=hint) from None
    if not isinstance(data, dict) or data.get("status") != "success":
        why = str(data.get("error", "no reason given")) if isinstance(data, dict) else "no reason given"
        raise HarnessError(f"Prometheus at {shown} refused {query!r}: {why}", hint="mend baseline.promql")
    return data.get("data", {})


def _number(data: Any, shown: str, query: str) -> float:
    result = data.get("result", [])
    if data.get("resultType") == "scalar":
        values = [result[1]]
    elif data.get("resultType") == "vector":
        values = [its["value"][1] for its in result]
    else:
        raise HarnessError(f"{query!r} gives a {data.get('resultType')}, not one number", hint="mend baseline.promql")
    if len(values) != 1:
        found = "nothing" if not values else f"{len(values)} series"
        hint = "sum() them, or check the metric's name and labels"
        raise HarnessError(f"{query!r} gives {found} at {shown}, where one number is needed", hint=hint)
    value = float(values[0])
    if not math.isfinite(value) or value <= 0:
        hint = "a baseline is above zero; check the range and the labels"
        raise HarnessError(f"{query!r} gives {values[0]} at {shown}", hint=hint)
    return value
