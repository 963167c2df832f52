"""The search service's API as a target: a JSON query in, a ranked list of documents out."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from loadtests.known_item import KnownItem
from loadtests.sample import BAD_REPLY, HTTP_PREFIX, OK
from loadtests.target import Call, Reply
from loadtests.targets.callers import CallerHeaders
from scenarios.arrivals import Arrival
from scenarios.fresh_text import FreshText
from scenarios.replay_plan import query_of
from scenarios.scenario import Scenario

PATH = "/api/search"
MOST_KEPT = 20_000  # calls; those that come often come early, and the rest are made anew each time


class SearchTarget:
    """`POST /api/search` with the arrival's query; every operation adds its own params (k, mode, ...)."""

    needs_headers = measures_more = False

    def __init__(self, scenario: Scenario, items: Sequence[KnownItem], fresh: FreshText) -> None:
        self._params = [dict(operation.params) for operation in scenario.workload.operations]
        self._parameter = scenario.replay.query if scenario.replay else ""
        self._items, self._fresh = items, fresh
        self._callers = CallerHeaders(scenario.workload.callers)
        self._calls: dict[tuple[int, int], Call] = {}

    def method(self, operation: int) -> str:  # noqa: ARG002 - every operation of this API is the same
        """Return the HTTP method of an operation."""
        return "POST"

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival; the same query gives the same prepared call."""
        if arrival.query_rank >= len(self._items) or not self._callers.none:
            return self._made(arrival)
        key = (arrival.operation, arrival.query_rank)
        call = self._calls.get(key)
        if call is None:
            call = self._made(arrival)
            if len(self._calls) < MOST_KEPT:
                self._calls[key] = call
        return call

    def query(self, arrival: Arrival) -> str:
        """Return the text that an arrival asks for."""
        if arrival.recorded is not None:
            return query_of(arrival.recorded.path, self._parameter)
        known = arrival.query_rank < len(self._items)
        return self._items[arrival.query_rank].query if known else self._fresh.text(arrival.index)

    def _made(self, arrival: Arrival) -> Call:
        body = orjson.dumps({"query": self.query(arrival), **self._params[arrival.operation]})
        return Call("POST", PATH, body, "application/json", self._callers.of(arrival))

    def outcome(self, arrival: Arrival, reply: Reply) -> str:  # noqa: ARG002 - every operation is judged alike
        """A good reply is a 200 whose body is a JSON object with results; parsing it whole is left to the sampling."""
        status, body = reply.status, reply.body
        if status != 200:
            return f"{HTTP_PREFIX}{status}"
        return OK if body.startswith(b"{") and body.endswith(b"}") and b'"results"' in body else BAD_REPLY

    def answer(self, arrival: Arrival, reply: Reply) -> tuple[str, ...]:  # noqa: ARG002
        """Return the ids of the results, best first.

        Raises:
            ValueError, KeyError, TypeError: when the reply is not what the API promises.
        """
        return tuple(str(result["id"]) for result in orjson.loads(reply.body)["results"])

    def values(self, arrival: Arrival, reply: Reply) -> dict[str, str]:  # noqa: ARG002
        """Steps of a session ask the same query with other params; nothing is taken over."""
        return {}

    def timings(self, arrival: Arrival, reply: Reply, sent_s: float) -> dict[str, float]:  # noqa: ARG002
        """A search is answered in one piece."""
        return {}
