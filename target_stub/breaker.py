"""Breaker: stops asking what does not answer, and tries again after a while (circuit breaker)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"  # all pass
    HALF_OPEN = "half_open"  # one passes, to see
    OPEN = "open"  # none passes


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """After how many failures in a row it opens, and for how long: doubling with each failed trial."""

    failures: int = 3
    open_s: float = 1.0
    longest_open_s: float = 30.0


class Breaker:
    """To be asked before each call, and told how it went."""

    def __init__(self, policy: BreakerPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._open_s = policy.open_s
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> BreakerState:
        """Whether calls pass now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        waited = self._clock() - self._opened_at >= self._open_s
        return BreakerState.HALF_OPEN if waited and not self._trying else BreakerState.OPEN

    def lets_pass(self) -> bool:
        """Return whether a call may be made; whoever is told so must tell how it went."""
        if self._opened_at is None:
            return True
        if self.state is BreakerState.HALF_OPEN:
            self._trying = True
            return True
        return False

    def succeeded(self) -> None:
        """Note that a call went well."""
        self._failures = 0
        if self._opened_at is not None and self._trying:  # late answers from before it opened prove nothing
            self._opened_at, self._trying, self._open_s = None, False, self._policy.open_s

    def failed(self) -> None:
        """Note that a call failed."""
        if self._opened_at is not None:
            if self._trying:
                self._trying = False
                self._opened_at = self._clock()
                self._open_s = min(2 * self._open_s, self._policy.longest_open_s)
            return
        self._failures += 1
        if self._failures >= self._policy.failures:
            self._opened_at = self._clock()
            self._failures = 0

    def left(self) -> None:
        """Note that a call ended without a result, its caller having left: the next one may try."""
        self._trying = False
