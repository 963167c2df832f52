"""Locust's own clients as closed loops, for comparison: as many requests as their users can send."""

from __future__ import annotations

from locust import FastHttpUser, HttpUser, constant, task

BODY = b'{"query": "Document number 7 of the null server", "k": 10, "mode": "vector"}'
HEADERS = {"Content-Type": "application/json"}


class Fast(FastHttpUser):
    """Sends the next request when the last is answered."""

    wait_time = constant(0)

    @task
    def search(self) -> None:
        """Send one search."""
        self.client.post("/api/search", data=BODY, headers=HEADERS)


class Plain(HttpUser):
    """The same with Locust's client on requests."""

    wait_time = constant(0)

    @task
    def search(self) -> None:
        """Send one search."""
        self.client.post("/api/search", data=BODY, headers=HEADERS)
