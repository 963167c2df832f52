"""One lane, driven one request at a time as a load would drive it, with everything it reports kept."""

from __future__ import annotations

import time

from gevent.event import AsyncResult

from loadtests.drivers.address import Address
from loadtests.drivers.lane import Route
from loadtests.drivers.preparing import Preparing
from scenarios.arrivals import Arrival

ARRIVAL = Arrival(0, 0.0, "1x", 0, 0)


class Always:
    """A target that asks for one thing."""

    def __init__(self, call):
        self._call = call

    def call(self, _):
        return self._call


class Exchanges:
    """`lane_of` makes the lane from the route it is given."""

    def __init__(self, url, call, lane_of, places=None):
        address = Address.of(url)
        self.judged = []
        self._done = AsyncResult()
        self.lane = lane_of(
            Route(
                address=address,
                places=places or address.resolve(),
                needs_headers=True,
                prepare=Preparing(address, Always(call)).prepare,
                judge=self._judge,
                report=self._report,
                origin_s=lambda: 0.0,
            )
        )

    def _judge(self, _, reply):
        self.judged.append((reply.status, reply.body, list(reply.headers), list(reply.pieces)))
        return "ok"

    def _report(self, lane, outcome, finished_s):
        lane.arrival = None
        self._done.set((outcome, finished_s))

    def begin(self):
        """Send a request."""
        self._done = AsyncResult()
        now_s = time.perf_counter()
        self.lane.start(ARRIVAL, now_s, now_s + 5)
        return now_s

    def end(self, patience_s=5.0):
        """Return the outcome of the request, and when it came."""
        return self._done.get(timeout=patience_s)

    def run(self):
        """Return the outcome of one exchange."""
        self.begin()
        return self.end()[0]
