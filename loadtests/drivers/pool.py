"""Pool: the lanes of one process, those that are free, and the arrivals that wait for one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.drivers.lane import Lane
from scenarios.arrivals import Arrival


@dataclass(frozen=True, slots=True)
class Crowding:
    """The most requests under way and arrivals waiting at a time, and the seconds without a free lane."""

    busy_peak: int
    waiting_peak: int
    full_s: float


class Pool:
    """Lanes are used in turn. An arrival waits only while no lane is free, and the longest waiting goes first."""

    __slots__ = ("_full_s", "_full_since_s", "_least_free", "_waiting_peak", "free", "lanes", "waiting")

    def __init__(self) -> None:
        self.lanes: dict[Lane, None] = {}
        self.free: deque[Lane] = deque()
        self.waiting: deque[Arrival] = deque()
        self._least_free = 0
        self._waiting_peak = 0
        self._full_s = 0.0
        self._full_since_s = 0.0

    @property
    def busy(self) -> int:
        """Requests under way."""
        return len(self.lanes) - len(self.free)

    def add(self, lane: Lane) -> None:
        """Take a new lane into the pool."""
        self._least_free += 1
        self.lanes[lane] = None
        self.free.append(lane)

    def remove(self, lane: Lane) -> None:
        """Take a lane out of the pool for good."""
        self._least_free -= 1
        del self.lanes[lane]
        if lane in self.free:
            self.free.remove(lane)

    def take(self, now_s: float) -> Lane:
        """Return a free lane, which is busy from now on.

        Raises:
            IndexError: when none is free.
        """
        lane = self.free.popleft()
        left = len(self.free)
        if left < self._least_free:
            self._least_free = left
        if not left:
            self._full_since_s = now_s
        return lane

    def put_back(self, lane: Lane, now_s: float) -> None:
        """A lane is free again."""
        self.free.append(lane)
        if self._full_since_s:
            self._full_s += now_s - self._full_since_s
            self._full_since_s = 0.0

    def wait(self, arrival: Arrival) -> None:
        """Have an arrival wait for a lane."""
        self.waiting.append(arrival)
        self._waiting_peak = max(self._waiting_peak, len(self.waiting))

    def under_way(self) -> Iterator[Lane]:
        """Yield the lanes with an arrival under way."""
        return (lane for lane in self.lanes if lane.arrival is not None)

    def drain(self, now_s: float) -> Crowding:
        """Return how crowded the pool was since the last call."""
        if self._full_since_s:
            self._full_s += now_s - self._full_since_s
            self._full_since_s = now_s
        found = Crowding(len(self.lanes) - self._least_free, self._waiting_peak, self._full_s)
        self._least_free, self._waiting_peak, self._full_s = len(self.free), len(self.waiting), 0.0
        return found
