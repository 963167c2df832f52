"""Concurrency: how many requests are worked on at one time: a fixed number, or one that follows the latency."""

from __future__ import annotations

LEAST = 2
BACKOFF = 0.9  # of the limit that stays when a request took too long
SETTLE = 1.0  # times the limit: requests observed between two decreases, so that one slow moment counts once


class ConcurrencyLimit:
    """An additive increase, multiplicative decrease of the limit (Chiu and Jain 1989).

    A request within the target raises the limit by 1/limit, by about one for each round of requests, while the limit is
    in use at all; one beyond it lowers the limit to `BACKOFF` of itself, at most once a round. `target_s` 0 is fixed.
    The decrease factor is that of AIMDLimit in Netflix' concurrency-limits.
    """

    def __init__(self, largest: int, target_s: float) -> None:
        self._largest = largest
        self._target_s = target_s
        self._limit = float(largest)
        self._since_decrease = 0

    @property
    def now(self) -> int:
        """The number of requests worked on at once, at most."""
        return int(self._limit)

    def observe(self, latency_s: float, running: int) -> None:
        """Learn from a request that took this long while so many were worked on."""
        if not self._target_s:
            return
        self._since_decrease += 1
        if latency_s > self._target_s:
            if self._since_decrease >= SETTLE * self._limit:
                self._limit = max(LEAST, self._limit * BACKOFF)
                self._since_decrease = 0
        elif running * 2 >= self._limit:
            self._limit = min(self._largest, self._limit + 1 / self._limit)
