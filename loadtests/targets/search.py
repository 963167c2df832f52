"""The search service's API as a target: a JSON query in, a ranked list of documents out."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from loadtests.known_item import KnownItem
from loadtests.sample import BAD_REPLY, HTTP_PREFIX, OK
from loadtests.target import Call, Reply
from scenarios.arrivals import Arrival
from scenarios.workload import Operation

PATH = "/api/search"


class SearchTarget:
    """`POST /api/search` with the arrival's query; every operation adds its own params (k, mode, ...)."""

    needs_headers = False

    def __init__(self, operations: Sequence[Operation], items: Sequence[KnownItem]) -> None:
        self._params = [dict(operation.params) for operation in operations]
        self._items = items
        self._calls: dict[tuple[int, int], Call] = {}

    def method(self, operation: int) -> str:  # noqa: ARG002 - every operation of this API is the same
        """Return the HTTP method of an operation."""
        return "POST"

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival; the same query gives the same prepared call."""
        key = (arrival.operation, arrival.query_rank)
        call = self._calls.get(key)
        if call is None:
            body = orjson.dumps({"query": self._items[arrival.query_rank].query, **self._params[arrival.operation]})
            call = self._calls[key] = Call(self.method(arrival.operation), PATH, body, "application/json")
        return call

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
