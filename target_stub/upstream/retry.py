"""Retry: how long to wait before another try, and how many tries there may be in all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential with full jitter: anything from 0 to a bound that doubles.

    So clients who failed together do not return together (Brooker 2015, "Exponential backoff and jitter").
    """

    first_s: float = 0.1
    longest_s: float = 5.0

    def wait_s(self, tries: int, rng: Random) -> float:
        """Return seconds to wait after that many failed tries, at least one."""
        return rng.uniform(0.0, min(self.longest_s, self.first_s * 2 ** (tries - 1)))


class RetryBudget:
    """A bucket: each request puts in a share of a retry, each retry takes one out.

    When everything fails, retries then add at most that share to the load (and `burst` once), where three tries each
    would triple it and keep a server down that is overloaded.
    """

    def __init__(self, share: float, burst: float) -> None:
        self._share = share
        self._burst = burst
        self._left = burst

    @property
    def left(self) -> float:
        """How many retries there may be now."""
        return self._left

    def requested(self) -> None:
        """Note a request that is no retry."""
        self._left = min(self._burst, self._left + self._share)

    def take(self) -> bool:
        """Take a retry out, or return False when there is none."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
