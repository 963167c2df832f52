"""Those who keep the promise of `loadtests.target`, and the factory that picks one by name."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.known_item import KnownItem
from loadtests.target import Target
from scenarios.errors import HarnessError
from scenarios.workload import Operation


def make_target(kind: str, operations: Sequence[Operation], items: Sequence[KnownItem]) -> Target:
    """Build the target named in the scenario.

    Raises:
        HarnessError: when there is no such kind, with the kinds that are known.
    """
    match kind:
        case "search":
            from loadtests.targets.search import SearchTarget

            return SearchTarget(operations, items)
        case _:
            raise HarnessError(f"unknown target kind {kind!r}", hint="known: search")
