"""PlanDispatcher: Locust's dispatcher of users, which are connections here, without moving any while a plan runs."""

from __future__ import annotations

from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode


class PlanDispatcher(UsersDispatcher):
    """Leaves a worker that comes late aside: it has no share of the running plan, and is used from the next test on.

    Locust would move users to it, which would break off requests that are under way on the others.
    """

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Do nothing; the next test makes a dispatcher of its own, with everybody who is there then."""
