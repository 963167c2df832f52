"""Target: what to send for an arrival, and how to judge the reply. Knows HTTP as data, no sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scenarios.arrivals import Arrival


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request as data; `content_type` empty means no body is sent."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = ""


class Target(Protocol):
    """A kind of service under test."""

    def method(self, operation: int) -> str:
        """Return the HTTP method of an operation, for Locust's tables."""
        ...

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival."""
        ...

    def outcome(self, status: int, body: bytes) -> str:
        """Return `ok`, or what is wrong with a reply, in the words of `loadtests.sample`."""
        ...

    def answer(self, body: bytes) -> tuple[str, ...]:
        """Return the ids of the documents in a good reply, best first."""
        ...
