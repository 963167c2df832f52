"""Those who keep the promises of `loadtests.target` and `loadtests.backstage`, and the factories that pick them."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.backstage import Backstage
from loadtests.known_item import KnownItem
from loadtests.target import Target
from scenarios.errors import HarnessError
from scenarios.fresh_text import FreshText, vocabulary
from scenarios.placeholders import OF_DOCUMENTS, placeholders
from scenarios.scenario import Scenario


def make_target(scenario: Scenario, items: Sequence[KnownItem], salt: int = 0, trial: int = 0) -> Target:
    """Build the target named in the scenario.

    Args:
        scenario: What is asked, of what.
        items: Queries, or rows of data, the most frequent first.
        salt: Of the queries that nobody asked before; differs from run to run.
        trial: Number of the trial, which tells them apart within a run.

    Raises:
        HarnessError: when there is no such kind, or its own parts are missing.
    """
    fresh = FreshText(vocabulary(item.query for item in items), salt, trial)
    match scenario.target.kind:
        case "search":
            from loadtests.targets.search import SearchTarget

            return SearchTarget(scenario, items, fresh)
        case "http":
            from loadtests.targets.http import HttpTarget

            return HttpTarget(scenario, items, fresh)
        case "python":
            from loadtests.targets.python import make_own_target

            return make_own_target(scenario, items)
        case kind:
            raise HarnessError(f"unknown target kind {kind!r}", hint="known: http, python, search")


def items_of(scenario: Scenario, backstage: Backstage) -> tuple[KnownItem, ...]:
    """Return the queries or rows that a scenario's arrivals choose from; none for a replay, which brings its own.

    Raises:
        HarnessError: when there are not as many as the workload asks for.
    """
    return () if scenario.replay is not None else backstage.items(scenario.workload, scenario.seed)


def make_backstage(scenario: Scenario, url: str) -> Backstage:
    """Build what asks a scenario's target off the hot path."""
    if scenario.target.kind == "search":
        from loadtests.targets.search_api import SearchApi

        return SearchApi(url)
    from loadtests.targets.plain_service import PlainService

    named = {name for request in scenario.target.requests for name in placeholders(request)}
    draws = bool(named & set(OF_DOCUMENTS)) and scenario.replay is None
    return PlainService(url, scenario.target.health, draws=draws, verify=scenario.target.verify)
