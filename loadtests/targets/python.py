"""A target of your own as a Python class, found by its dotted path, for what templates cannot say."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from loadtests.known_item import KnownItem
from loadtests.sample import HTTP_PREFIX, OK
from loadtests.target import Call, Reply, Target
from scenarios.arrivals import Arrival
from scenarios.errors import HarnessError
from scenarios.scenario import Scenario

_NEEDED = ("needs_headers", "measures_more", "method", "call", "outcome", "answer", "query", "values", "timings")


class OwnTarget:
    """A base to derive from: `call` is yours, and whatever else differs. One object lives in each generator process.

    Nothing in it may block: it is called in the event loop between two requests.
    """

    needs_headers = measures_more = False

    def __init__(self, options: Mapping[str, Any], operations: Sequence[str], items: Sequence[KnownItem]) -> None:
        """Keep what a target is made of.

        Args:
            options: `target.options` of the scenario.
            operations: Names of the workload's operations; an arrival's `operation` is an index into them.
            items: Rows of the workload's data, the most frequent first; an arrival's `query_rank` is an index into
                them, or beyond their number for an arrival that is to ask what nobody asked before.
        """
        self.options, self.operations, self.items = options, operations, items

    def method(self, operation: int) -> str:  # noqa: ARG002 - most services have one
        """Return the HTTP method of an operation, for Locust's tables."""
        return "GET"

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival; the same object for the same request lets its bytes be kept."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to send: it needs a method call")

    def outcome(self, arrival: Arrival, reply: Reply) -> str:  # noqa: ARG002
        """Return `ok`, or what is wrong with a reply."""
        return OK if 200 <= reply.status < 300 else f"{HTTP_PREFIX}{reply.status}"

    def answer(self, arrival: Arrival, reply: Reply) -> tuple[str, ...] | None:  # noqa: ARG002
        """Return the ids of the documents in a good reply, best first; None where they are not judged."""
        return None

    def query(self, arrival: Arrival) -> str:
        """Return the text that an arrival asks for, to judge its answer by."""
        return self.items[arrival.query_rank].query if arrival.query_rank < len(self.items) else ""

    def values(self, arrival: Arrival, reply: Reply) -> dict[str, str]:  # noqa: ARG002
        """Return what a good reply gives to later steps of its session."""
        return {}

    def timings(self, arrival: Arrival, reply: Reply, sent_s: float) -> dict[str, float]:  # noqa: ARG002
        """Return more timings of a good reply in seconds, by the names of their indicators."""
        return {}


def make_own_target(scenario: Scenario, items: Sequence[KnownItem]) -> Target:
    """Import the scenario's class, from the scenario's own folder first, and make one.

    Raises:
        HarnessError: when there is no such module or class, or it cannot be made.
    """
    path, spec = scenario.target.class_path or "", scenario.target
    module_name, _, class_name = path.partition(":")
    if spec.folder and spec.folder not in sys.path:
        sys.path.insert(0, spec.folder)
    operations = [operation.name for operation in scenario.workload.operations]
    try:
        made: Target = getattr(importlib.import_module(module_name), class_name)(spec.options, operations, items)
    except Exception as error:  # somebody else's code may raise anything
        hint = f"put {module_name}.py beside the scenario; it is made with (options, operations, items)"
        raise HarnessError(f"target.class {path} cannot be used: {type(error).__name__}: {error}", hint=hint) from error
    missing = [name for name in _NEEDED if not hasattr(made, name)]
    if missing:
        hint = "derive it from loadtests.targets.python.OwnTarget, which has the rest"
        raise HarnessError(f"target.class {path} has no {', '.join(missing)}", hint=hint)
    return made
