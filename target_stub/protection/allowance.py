"""Allowance: what a user may still do: a token bucket for the rate, a count for the day."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """What each user may do; 0 is no limit."""

    rate_per_s: float
    burst: int
    per_day: int

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return bool(self.rate_per_s or self.per_day)


class Decision(NamedTuple):  # made for every request: a frozen dataclass takes five times as long
    """Whether a request may pass, by which limit (`rate` or `day`) it may not, and what is left of the nearest one."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    refused_by: str = ""


class Allowances:
    """The users' buckets and counts in this process, bounded in number.

    The token bucket is the usual one (Turner 1986, "New directions in communications"): a bucket holds at most `burst`
    tokens, gains `rate_per_s` a second, and a request takes one.
    """

    def __init__(self, limits: Limits, max_users: int) -> None:
        self._limits = limits
        self._max_users = max_users
        self._users: OrderedDict[str, list[float]] = OrderedDict()  # tokens, when counted (s), day, requests in it

    def __len__(self) -> int:
        return len(self._users)

    def take(self, user: str, now_s: float) -> Decision:
        """Take one request of a user; `now_s` is the time in seconds since 1970."""
        limits = self._limits
        state = self._users.get(user)
        day = now_s // DAY_S
        if state is None:
            if len(self._users) >= self._max_users:
                self._users.popitem(last=False)
            state = self._users[user] = [float(limits.burst), now_s, day, 0.0]
        else:
            self._users.move_to_end(user)
        if limits.rate_per_s:
            state[0] = min(limits.burst, state[0] + max(now_s - state[1], 0.0) * limits.rate_per_s)
            state[1] = now_s
        if state[2] != day:
            state[2:] = [day, 0.0]
        decision = decide(limits, state[0], int(state[3]), now_s)
        if decision.allowed:
            state[0] -= 1
            state[3] += 1
        return decision


def decide(limits: Limits, tokens: float, today: int, now_s: float) -> Decision:
    """Return the decision about one request, given the tokens in the bucket and the requests made today."""
    if limits.per_day and today >= limits.per_day:
        return Decision(False, limits.per_day, 0, math.ceil(DAY_S - now_s % DAY_S), "day")
    if not limits.rate_per_s:
        return Decision(True, limits.per_day, limits.per_day - today - 1, math.ceil(DAY_S - now_s % DAY_S))
    if tokens < 1:
        return Decision(False, limits.burst, 0, math.ceil((1 - tokens) / limits.rate_per_s), "rate")
    return Decision(True, limits.burst, int(tokens - 1), math.ceil((limits.burst - tokens + 1) / limits.rate_per_s))
