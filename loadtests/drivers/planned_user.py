"""PlannedUser: a Locust user that is one connection of the pool; it sends what the plan makes due."""

from __future__ import annotations

from locust import User, constant, task

from loadtests.drivers.session import session_of


class PlannedUser(User):
    """Waits for arrivals for as long as the test runs."""

    wait_time = constant(0)

    @task
    def serve(self) -> None:
        """Serve due arrivals until the test ends."""
        session_of(self.environment).generator.serve()
