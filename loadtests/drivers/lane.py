"""Lane: one connection of the pool, as the load sees it: takes one arrival at a time and reports its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loadtests.drivers.address import Address, SocketAddress
from loadtests.target import Call, Reply
from scenarios.arrivals import Arrival


class Lane(Protocol):
    """A connection. All instants are seconds of `time.perf_counter()`, the raw clock of the hot path.

    While an arrival is under way, `arrival` and `deadline_s` are set, and `sent_s` is when it was handed over.
    `first_byte_s` is 0 until the reply begins; `size_bytes` is the length of the reply's body.
    """

    arrival: Arrival | None
    deadline_s: float
    sent_s: float
    first_byte_s: float
    size_bytes: int

    @property
    def reply(self) -> Reply:
        """The reply, while its outcome is being reported."""
        ...

    def start(self, arrival: Arrival, now_s: float, deadline_s: float) -> None:
        """Send an arrival's request; its outcome is reported later, never from within this call."""
        ...

    def give_up(self) -> None:
        """Break off what is under way without a report; whatever still comes for it is never taken for another's."""
        ...

    def serve(self) -> None:
        """Block the calling greenlet for as long as the lane is in use."""
        ...

    def close(self) -> None:
        """Free what the lane holds; nothing is reported any more."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with the bytes that it is on the wire."""

    call: Call
    wire: bytes
    length: int
    bodiless: bool
    streamed: bool


@dataclass(frozen=True, slots=True)
class Route:
    """What every lane of a load shares: where requests go, how they are prepared and judged, who is told.

    `report` is told the lane, the outcome, and the instant at which the last byte came. `origin_s` is the instant at
    which the plan's clock stood at 0.
    """

    address: Address
    places: tuple[SocketAddress, ...]
    needs_headers: bool
    prepare: Callable[[Arrival], Prepared]
    judge: Callable[[Arrival, Reply], str]
    report: Callable[[Lane, str, float], None]
    origin_s: Callable[[], float]
