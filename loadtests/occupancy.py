"""Occupancy: how many requests are under way, integrated over time (the L of Little's law)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occupied:
    """Occupancy over a stretch of time: the time-weighted mean, the peak, and the seconds without a free place."""

    mean: float
    peak: int
    full_s: float


class Occupancy:
    """Counts requests under way in a pool of `places`."""

    def __init__(self, places: int, now_s: float) -> None:
        self.places = places
        self.busy = 0
        self._peak = 0
        self._area = 0.0
        self._full_s = 0.0
        self._since_s = now_s
        self._changed_s = now_s

    def enter(self, now_s: float) -> None:
        """A request begins."""
        self._integrate(now_s)
        self.busy += 1
        self._peak = max(self._peak, self.busy)

    def leave(self, now_s: float) -> None:
        """A request ends."""
        self._integrate(now_s)
        self.busy -= 1

    def drain(self, now_s: float) -> Occupied:
        """Return the occupancy since the last call, and begin anew."""
        self._integrate(now_s)
        length_s = now_s - self._since_s
        occupied = Occupied(self._area / length_s if length_s > 0 else 0.0, self._peak, self._full_s)
        self._area, self._full_s, self._peak, self._since_s = 0.0, 0.0, self.busy, now_s
        return occupied

    def _integrate(self, now_s: float) -> None:
        passed_s = now_s - self._changed_s
        self._area += self.busy * passed_s
        if self.busy >= self.places:
            self._full_s += passed_s
        self._changed_s = now_s
