"""Links: addresses that open the dashboards on one run and its time, for reports."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from dashboards import internals, overview, parts

MARGIN_S = 5.0
"""Seconds shown before and after, so that the first and the last scrape are in the picture."""


def links(grafana_url: str, run_id: str, start_unix: float, end_unix: float) -> dict[str, str]:
    """Return title -> address of each dashboard, opened on the run.

    Args:
        grafana_url: where Grafana answers, with or without a slash at the end.
        run_id: the run, as the label `testid` names it.
        start_unix: when the run began, seconds since 1970.
        end_unix: when it ended.

    Raises:
        ValueError: when the run ends before it starts.
    """
    if end_unix < start_unix:
        raise ValueError(f"the run ends ({end_unix}) before it starts ({start_unix})")
    window = {"from": round((start_unix - MARGIN_S) * 1000), "to": round((end_unix + MARGIN_S) * 1000)}
    query = urlencode(window | {"timezone": "utc", "var-testid": run_id}, quote_via=quote, safe="")
    return {its.TITLE: f"{grafana_url.rstrip('/')}/d/{its.UID}?{query}" for its in (overview, internals, parts)}
