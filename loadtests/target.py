"""Target: what to send for an arrival, and how to judge the reply. Knows HTTP as data, no sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scenarios.arrivals import Arrival


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request as data; without a `content_type` and a body no length is sent.

    `streamed` keeps the instant at which each piece of the reply's body came, as `Reply.pieces`.
    """

    method: str
    path: str
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    streamed: bool = False

    def __post_init__(self) -> None:
        words = (self.method, self.path, self.content_type, *(word for pair in self.headers for word in pair))
        if any("\r" in word or "\n" in word for word in words) or " " in self.method + self.path:
            raise ValueError(f"a request line or header of {self.method} {self.path!r} would break: line end or space")


class Reply(Protocol):
    """A whole reply. It is read when it is judged, and is gone afterwards: keep copies of what is needed."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Names and values as they came; empty unless the target `needs_headers`."""
        ...

    @property
    def body(self) -> bytes:
        """The body, freed of its transfer coding."""
        ...

    @property
    def pieces(self) -> Sequence[tuple[float, bytes]]:
        """When each piece of the body came, in seconds on the plan's clock; only of a call that is `streamed`."""
        ...


class Target(Protocol):
    """A kind of service under test."""

    @property
    def needs_headers(self) -> bool:
        """Whether `outcome` looks at headers; collecting them costs a microsecond each reply."""
        ...

    @property
    def measures_more(self) -> bool:
        """Whether `timings` gives any; it is asked for each good reply then."""
        ...

    def method(self, operation: int) -> str:
        """Return the HTTP method of an operation, for Locust's tables."""
        ...

    def call(self, arrival: Arrival) -> Call:
        """Return the request for an arrival; the same object for the same request lets its bytes be kept."""
        ...

    def outcome(self, arrival: Arrival, reply: Reply) -> str:
        """Return `ok`, or what is wrong with a reply, in the words of `loadtests.sample`."""
        ...

    def answer(self, arrival: Arrival, reply: Reply) -> tuple[str, ...] | None:
        """Return the ids of the documents in a good reply, best first; None where an operation's are not judged.

        Raises:
            ValueError, KeyError, TypeError: when the reply holds none.
        """
        ...

    def query(self, arrival: Arrival) -> str:
        """Return the text that an arrival asks for, to judge its answer by; empty when it asks for none."""
        ...

    def values(self, arrival: Arrival, reply: Reply) -> dict[str, str]:
        """Return what a good reply gives to later steps of its session, by the names of their placeholders."""
        ...

    def timings(self, arrival: Arrival, reply: Reply, sent_s: float) -> dict[str, float]:
        """Return more timings of a good reply in seconds, by the names of their indicators.

        Args:
            arrival: What was asked.
            reply: What was answered.
            sent_s: When it was sent, on the plan's clock as `Reply.pieces` is.
        """
        ...
