"""A whole load in this process: a plan, lanes, and what was recorded of it, without Locust."""

from __future__ import annotations

from collections import Counter

import gevent
from gevent.pool import Group

from loadtests.clock import PlanClock
from loadtests.drivers.address import Address
from loadtests.drivers.load import Load
from loadtests.known_item import of_document
from loadtests.second import Second
from loadtests.targets.search import SearchTarget
from scenarios.arrivals import Arrival
from scenarios.fresh_text import FreshText, vocabulary
from scenarios.reading import parse_scenario

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"results": [{"id": "d1"}]}'
ITEMS = [of_document(f"query number {number}", f"d{number}") for number in range(50)]
FRESH = FreshText(vocabulary(()), salt=1, trial=1)


def scenario_of(connections=4, timeout="500ms", stages="[{name: 1x, multiplier: 1, duration: 1s}]", **target):
    """A scenario of one second at 100/s."""
    more = "".join(f", {key}: {value}" for key, value in target.items())
    return parse_scenario(
        f"name: small\nbaseline: 100/s\ntarget: {{connections: {connections}, timeout: {timeout}{more}}}\n"
        f"workload: {{queries: {{distinct: 50}}}}\nstages: {stages}\n",
        "small.yaml",
    )


class Offering:
    """Offers arrivals due at given instants and keeps what comes of them."""

    def __init__(self, url, scenario=None, target=None):
        self.scenario = scenario or scenario_of()
        target = target or SearchTarget(self.scenario, ITEMS, FRESH)
        self.rows = []
        self.load = Load(self.scenario, target, Address.of(url), self)
        self.users = Group()

    def due(self, rows):
        """The load tells of arrivals; this test looks at the recorder."""

    def done(self, rows):
        """Keep every finished request."""
        self.rows += rows.tolist()

    def begin(self, due_s, begins_in_s=0.02, lease=None):
        """Lend all connections and start the plan."""
        for _ in range(self.scenario.target.connections):
            self.users.start(gevent.Greenlet(self.load.lend))
        gevent.sleep(0)
        plan = (Arrival(number, at_s, "1x", 0, number % 50) for number, at_s in enumerate(due_s))
        self.load.begin(PlanClock(begins_in_s), plan, lease)

    def until(self, condition, patience_s=10.0):
        """Wait for something to become true."""
        with gevent.Timeout(patience_s):
            while not condition():
                gevent.sleep(0.005)

    def end(self):
        """End it all, as Locust does: first the users, then the load; return everything as one second."""
        self.users.kill()
        self.load.end()
        self.load.hand_on()
        whole = Second(0, "1x", "search")
        for part in self.load.recorder.drain():
            whole.merge(part)
        return whole

    def run(self, due_s):
        """Offer everything and return it as one second."""
        self.begin(due_s)
        self.until(lambda: self.load.settled)
        return self.end()


def names(second):
    """The outcomes of a second."""
    return Counter(second.outcomes)
