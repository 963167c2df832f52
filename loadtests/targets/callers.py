"""CallerHeaders: who asks, as the target's quotas and queues are told: a user and a priority in headers."""

from __future__ import annotations

from scenarios.arrivals import NONE, Arrival
from scenarios.workload import Callers

Headers = tuple[tuple[str, str], ...]


class CallerHeaders:
    """Names users `user-0`, the most frequent, and up; priorities have the scenario's names."""

    def __init__(self, callers: Callers) -> None:
        self._priorities = tuple(callers.priorities)
        self._user_header, self._priority_header = callers.user_header, callers.priority_header
        self.none = not callers.users and not callers.priorities
        self._made: dict[tuple[int, int], Headers] = {}

    def of(self, arrival: Arrival) -> Headers:
        """Return the headers of an arrival; none when the scenario has no callers."""
        if self.none:
            return ()
        key = (arrival.user, arrival.priority)
        made = self._made.get(key)
        if made is None:
            names = self.names(arrival)
            pairs = ((self._user_header, names["user"]), (self._priority_header, names["priority"]))
            made = self._made[key] = tuple(pair for pair in pairs if pair[1])
        return made

    def names(self, arrival: Arrival) -> dict[str, str]:
        """Return the placeholders `user` and `priority`; empty where there are none."""
        user = f"user-{arrival.user}" if arrival.user != NONE else ""
        priority = self._priorities[arrival.priority] if arrival.priority != NONE else ""
        return {"user": user, "priority": priority}
