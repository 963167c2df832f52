"""A service of which nothing is known but how to reach it, off the hot path: is it there, and what is it asked?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from loadtests.known_item import KnownItem, of_file
from loadtests.targets.search_api import TIMEOUT_S, SearchApi, cause
from scenarios.errors import HarnessError
from scenarios.workload import Workload


class PlainService:
    """Asked at its health path, where the scenario gives one; else any answer, whatever its status, is one."""

    def __init__(self, url: str, health: str | None, *, draws: bool, verify: bool | str = True) -> None:
        self._url = url.rstrip("/")
        self._health = health
        self._draws = draws
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between the harness and its target
        self._session.verify = verify

    def check(self) -> None:
        """Make sure that it answers.

        Raises:
            HarnessError: naming the address, when it does not.
        """
        path = self._health or "/"
        try:
            reply = self._session.get(self._url + path, timeout=TIMEOUT_S)
            if self._health is not None:
                reply.raise_for_status()
        except requests.RequestException as error:
            hint = "start the service, or mend target.url, target.health or --host"
            raise HarnessError(f"{self._url} does not answer {path}: {cause(error)}", hint=hint) from error

    def items(self, workload: Workload, seed: int) -> tuple[KnownItem, ...]:
        """Return the rows of the workload's file, or titles of the service's documents where requests need queries.

        Raises:
            HarnessError: when there are not as many as the workload asks for.
        """
        if workload.queries.file is not None:
            return of_file(Path(workload.queries.file), workload.queries.distinct)
        return SearchApi(self._url).items(workload, seed) if self._draws else ()

    def exact(self, query: str, params: Mapping[str, Any], depth: int) -> None:
        """A plain service knows no exact answers."""

    def config(self) -> dict[str, Any]:
        """A plain service does not tell its settings."""
        return {}

    def requests_counted(self) -> None:
        """A plain service does not count for us."""
