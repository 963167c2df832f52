"""Locust's own fast client as a closed loop, for comparison: as many requests as its users can send."""

from __future__ import annotations

from locust import FastHttpUser, constant, task

BODY = b'{"query": "Document number 7 of the null server", "k": 10, "mode": "vector"}'


class Closed(FastHttpUser):
    """Sends the next request when the last is answered."""

    wait_time = constant(0)

    @task
    def search(self) -> None:
        """Send one search."""
        self.client.post("/api/search", data=BODY, headers={"Content-Type": "application/json"})
