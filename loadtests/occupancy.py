"""Occupancy: how many requests are under way on average (the L of Little's law)."""

from __future__ import annotations


class Occupancy:
    """Integrates requests under way over time, from how long each took and how long those still under way have."""

    def __init__(self, now_s: float) -> None:
        self._ended_s = 0.0
        self._before_s = 0.0
        self._since_s = now_s

    def ended(self, took_s: float) -> None:
        """Requests have ended that together were under way for so long."""
        self._ended_s += took_s

    def drain(self, now_s: float, under_way_s: float) -> float:
        """Return the mean number of requests under way since the last call.

        Args:
            now_s: The current instant.
            under_way_s: The time since their send of all requests that are under way now, added up.
        """
        total_s, length_s = self._ended_s + under_way_s, now_s - self._since_s
        mean = (total_s - self._before_s) / length_s if length_s > 0 else 0.0
        self._before_s, self._since_s = total_s, now_s
        return max(0.0, mean)
