"""The search service's API off the hot path: its documents, its exact answers, its own count of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from loadtests.known_item import KnownItem, draw, of_file
from loadtests.targets.search import PATH
from scenarios.errors import HarnessError
from scenarios.workload import Workload

TIMEOUT_S = 10.0
PAGE = 1000
REQUESTS_COUNTED = "http_server_request_duration_seconds"


class SearchApi:
    """Asks one service, one request at a time."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between the harness and its target

    def check(self) -> None:
        """Make sure that something answers.

        Raises:
            HarnessError: naming the address, when nothing does.
        """
        self._get("/healthz")

    def documents(self) -> Iterator[Mapping[str, Any]]:
        """Yield every document's id and title, page by page.

        Raises:
            HarnessError: when the service does not list its documents.
        """
        cursor = None
        while True:
            parameters = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            page = self._get("/api/documents", parameters).json()
            try:
                yield from page["documents"]
                cursor = page.get("next")
            except (KeyError, TypeError, AttributeError) as error:
                raise HarnessError(
                    f"{self._url}/api/documents answers without a list of documents",
                    hint="the target must speak the search API; see docs/service.md",
                ) from error
            if not cursor:
                return

    def items(self, workload: Workload, seed: int) -> tuple[KnownItem, ...]:
        """Return the queries of a workload: from its file, or titles of the service's own documents.

        Raises:
            HarnessError: when there are not as many as the workload asks for.
        """
        if workload.queries.file is not None:
            return of_file(Path(workload.queries.file), workload.queries.distinct)
        return draw(self.documents(), workload.queries.distinct, seed)

    def exact(self, query: str, params: Mapping[str, Any], depth: int) -> tuple[str, ...]:
        """Return the ids of the exact best `depth` documents, found by a full scan past every cache.

        Raises:
            HarnessError: when the service does not answer it.
        """
        own = dict(params)
        exactly = {**own.get("params", {}), "exact": True}
        body = {**own, "k": max(depth, int(own.get("k", depth))), "query": query, "params": exactly, "cache": "bypass"}
        try:
            reply = self._session.post(self._url + PATH, json=body, timeout=TIMEOUT_S)
            reply.raise_for_status()
            return tuple(str(result["id"]) for result in reply.json()["results"])
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise HarnessError(f"{self._url}{PATH} gave no exact answer: {error}") from error

    def config(self) -> dict[str, Any]:
        """Return the service's own account of its settings; empty when it gives none."""
        try:
            data = self._get("/admin/config").json()
        except (HarnessError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def requests_counted(self) -> int | None:
        """Return how many searches the service itself has counted since its start; None when it does not tell."""
        try:
            text = self._get("/metrics").text
            families = list(text_string_to_metric_families(text))
        except (HarnessError, ValueError):
            return None
        counts = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == f"{REQUESTS_COUNTED}_count" and sample.labels.get("route") == PATH
        ]
        return round(sum(counts)) if counts else None

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> requests.Response:
        try:
            reply = self._session.get(self._url + path, params=parameters, timeout=TIMEOUT_S)
            reply.raise_for_status()
        except requests.RequestException as error:
            raise HarnessError(
                f"{self._url} does not answer {path}: {cause(error)}",
                hint="start the service (tenfold serve), or give its address with --host",
            ) from error
        return reply


def cause(error: requests.RequestException) -> str:
    """Return in a few words why a request had no good answer."""
    if error.response is not None:
        return f"HTTP {error.response.status_code}"
    return "no connection" if isinstance(error, requests.ConnectionError) else type(error).__name__
