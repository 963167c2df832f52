"""Backstage: what a target is asked off the hot path: is it there, its queries, exact answers, its own counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from loadtests.known_item import KnownItem
from scenarios.workload import Workload


class Backstage(Protocol):
    """A service under test between the loads, asked one request at a time."""

    def check(self) -> None:
        """Make sure that it answers.

        Raises:
            HarnessError: naming the address, when it does not.
        """
        ...

    def items(self, workload: Workload, seed: int) -> tuple[KnownItem, ...]:
        """Return the queries of a workload, the most frequent first; none where it needs none.

        Raises:
            HarnessError: when there are not as many as the workload asks for.
        """
        ...

    def exact(self, query: str, params: Mapping[str, Any], depth: int) -> tuple[str, ...] | None:
        """Return the ids of the exact best `depth` documents; None when this kind of service does not give them.

        Raises:
            HarnessError: when it should, and does not.
        """
        ...

    def config(self) -> dict[str, Any]:
        """Return the service's own account of its settings; empty when it gives none."""
        ...

    def requests_counted(self) -> int | None:
        """Return how many requests the service itself has counted since its start; None when it does not tell."""
        ...
