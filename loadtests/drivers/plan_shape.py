"""PlanShape: Locust's load shape for a planned run: all connections from the start, until everything is settled.

The plan itself is not a number of users: users are only the connections that due arrivals are handed to.
"""

from __future__ import annotations

from locust import LoadTestShape
from locust.runners import STATE_INIT

from loadtests.drivers.session import session_of


class PlanShape(LoadTestShape):
    """Holds the pool at the scenario's size until the keeper says that the run is finished."""

    abstract = False

    def tick(self) -> tuple[int, float] | None:
        """Return the pool size and an immediate spawn rate, or None when the run is over."""
        if self.runner is None:
            return None
        session = session_of(self.runner.environment)
        # a test that is only just starting asks before the keeper has looked at it
        if self.runner.state != STATE_INIT and session.finished:
            return None
        places = session.places
        return places, float(places)
