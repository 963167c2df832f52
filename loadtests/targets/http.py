"""Any HTTP service as a target: requests from templates and data, checks, and what later steps take from a reply."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import jmespath

from loadtests.event_stream import event_instants, stream_timings
from loadtests.known_item import QUERY, KnownItem
from loadtests.sample import BAD_REPLY, CHECK_PREFIX, HTTP_PREFIX, OK
from loadtests.target import Call, Reply
from loadtests.targets.callers import CallerHeaders
from loadtests.targets.checks import Body, Checks
from loadtests.targets.request_template import RequestTemplate
from scenarios.arrivals import NONE, Arrival
from scenarios.errors import HarnessError
from scenarios.fresh_text import FreshText
from scenarios.scenario import Scenario
from scenarios.secret import unusable
from scenarios.target_schema import RequestPart

MOST_KEPT = 20_000  # calls; those that come often come early, and the rest are made anew each time
_REPLAYED_STATUSES = ["2xx", "3xx"]


class HttpTarget:
    """The requests of a scenario, in the order of the workload's operations."""

    def __init__(
        self,
        scenario: Scenario,
        items: Sequence[KnownItem],
        fresh: FreshText,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        written = {its.name: its for its in scenario.target.requests}
        names = [its.name for its in scenario.workload.operations]
        parts = [written.get(its) or RequestPart(name=its, path="/", status=_REPLAYED_STATUSES) for its in names]
        environ = os.environ if environ is None else environ
        headers = dict(scenario.target.headers)
        _check_secrets(parts, headers, environ)
        self._requests = [_Request(its, headers, environ) for its in parts]
        self._items, self._fresh = items, fresh
        self._callers = CallerHeaders(scenario.workload.callers)
        taken = {name for part in parts for name in part.extract}
        self._of_a_row = frozenset(items[0].values if items else ()) - taken
        self._kept: dict[tuple[int, int], Call] = {}
        self.needs_headers = any(its.checks.needs_headers for its in self._requests)
        self.measures_more = any(its.part.stream for its in self._requests)

    def method(self, operation: int) -> str:
        """Return the HTTP method of an operation."""
        return self._requests[operation].part.method

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival; the same row of data gives the same prepared call."""
        template = self._requests[arrival.operation].template
        if arrival.recorded is not None:
            return template.recorded(arrival.recorded, self._callers.of(arrival))
        seen = arrival.query_rank < len(self._items) or not template.names
        if not seen or not self._callers.none or not template.names <= self._of_a_row:
            return template.call(self._values(arrival), self._callers.of(arrival))
        key = (arrival.operation, arrival.query_rank if template.names else 0)
        call = self._kept.get(key)
        if call is None:
            call = template.call(self._values(arrival))
            if len(self._kept) < MOST_KEPT:
                self._kept[key] = call
        return call

    def outcome(self, arrival: Arrival, reply: Reply) -> str:
        """Return `ok`, `http_<status>`, `check:<name>`, or `bad_reply` for what is not what it should be."""
        request = self._requests[arrival.operation]
        if not request.expects(reply.status):
            return f"{HTTP_PREFIX}{reply.status}"
        if request.part.stream and not event_instants(reply.pieces):
            return BAD_REPLY
        body = Body(reply)
        if request.checks and arrival.index % request.check_every == 0:
            found = request.checks.outcome(body)
            if found != OK:
                return found
        if request.extracts and arrival.session != NONE:
            return request.lacks(body)
        return OK

    def answer(self, arrival: Arrival, reply: Reply) -> tuple[str, ...] | None:
        """Return the ids of the documents in a reply, best first; None where the request does not tell where they are.

        Raises:
            ValueError, TypeError: when the reply is not JSON, or holds no list there.
        """
        expression = self._requests[arrival.operation].answer
        if expression is None:
            return None
        found = expression.search(Body(reply).json)
        if not isinstance(found, list):
            raise TypeError("there is no list of documents")
        return tuple(str(its) for its in found)

    def query(self, arrival: Arrival) -> str:
        """Return the text that an arrival asks for: the column `query` of its row, or one that nobody asked before."""
        if arrival.recorded is not None:
            return ""
        known = arrival.query_rank < len(self._items)
        return self._items[arrival.query_rank].query if known else self._fresh.text(arrival.index)

    def values(self, arrival: Arrival, reply: Reply) -> dict[str, str]:
        """Return what a good reply gives to later steps."""
        body = Body(reply)
        extracts = self._requests[arrival.operation].extracts
        return {name: str(expression.search(body.json)) for name, expression in extracts.items()}

    def timings(self, arrival: Arrival, reply: Reply, sent_s: float) -> dict[str, float]:
        """Return the timings of a stream's events; none of other replies."""
        return stream_timings(reply.pieces, sent_s) if self._requests[arrival.operation].part.stream else {}

    def _values(self, arrival: Arrival) -> dict[str, str]:
        items, rank = self._items, arrival.query_rank
        values = dict(items[rank % len(items)].values) if items else {}
        if items and rank >= len(items):
            values[QUERY] = self._fresh.text(arrival.index)
        values |= {"number": str(arrival.index), **self._callers.names(arrival)}
        return {**values, **arrival.visit.values} if arrival.visit else values


class _Request:
    """One request, ready to be asked and judged."""

    def __init__(self, part: RequestPart, headers: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self.part = part
        self.template = RequestTemplate(part, headers, environ)
        self.checks = Checks(part.checks)
        self.check_every = round(1 / part.check_share) if part.check_share else 2**62
        self.extracts = {name: jmespath.compile(its) for name, its in part.extract.items()}
        self.answer = jmespath.compile(part.answer) if part.answer else None
        self._statuses = frozenset(
            status for status in range(100, 600) if {str(status), f"{status // 100}xx"} & set(part.status)
        )

    def expects(self, status: int) -> bool:
        """Whether a status is one of those that are asked for."""
        return status in self._statuses

    def lacks(self, body: Body) -> str:
        """Return `ok` when the reply holds everything that later steps take from it, else what it lacks."""
        try:
            for name, expression in self.extracts.items():
                if expression.search(body.json) in (None, "", [], {}):
                    return f"{CHECK_PREFIX}{name}"
        except ValueError:
            return BAD_REPLY
        return OK


def _check_secrets(parts: Sequence[RequestPart], headers: Mapping[str, str], environ: Mapping[str, str]) -> None:
    for text in (*headers.values(), *(value for part in parts for value in part.headers.values())):
        wrong = unusable(text, environ)
        if wrong:
            raise HarnessError(wrong, hint="export it before the run; on every machine that generates load")
