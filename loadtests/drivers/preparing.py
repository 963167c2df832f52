"""Preparing: from an arrival to the bytes of its request, each request made once."""

from __future__ import annotations

from loadtests.drivers.address import Address
from loadtests.drivers.lane import Prepared
from loadtests.target import Call, Target
from scenarios.arrivals import Arrival

MOST_KEPT = 20_000
"""Requests kept; those that come often come early, and the rest are made anew each time."""


class Preparing:
    """Keeps the bytes of calls for as long as the target gives the same object for the same request."""

    def __init__(self, address: Address, target: Target) -> None:
        self._address = address
        self._call = target.call
        self._kept: dict[int, Prepared] = {}

    def prepare(self, arrival: Arrival) -> Prepared:
        """Return an arrival's request."""
        call = self._call(arrival)
        kept = self._kept.get(id(call))
        if kept is not None and kept.call is call:
            return kept
        prepared = self._make(call)
        if len(self._kept) < MOST_KEPT:
            self._kept[id(call)] = prepared  # which holds the call, so that its id stays its own
        return prepared

    def _make(self, call: Call) -> Prepared:
        wire = self._address.request(call)
        return Prepared(call, wire, len(wire), call.method == "HEAD", call.streamed)
