"""Failure: how a request to the model server can end other than well, and what may be done about it."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a request to the model server ended."""

    OK = "ok"
    REFUSED = "refused"  # 4xx: sending it again changes nothing
    RATE_LIMITED = "rate_limited"  # 429
    FAILED = "failed"  # 5xx, or an error told within the stream
    UNREACHABLE = "unreachable"  # no connection
    TIMEOUT = "timeout"  # nothing came for too long
    BROKEN = "broken"  # the connection broke, or the stream ended early
    GARBAGE = "garbage"  # what came is no stream of events
    DEADLINE = "deadline"  # the caller's time was over
    LEFT = "left"  # the caller left


ALIVE = frozenset({Outcome.OK, Outcome.REFUSED, Outcome.RATE_LIMITED})
"""What shows that the server answers; to be told to wait is an answer too."""

NOT_ITS_FAULT = frozenset({Outcome.DEADLINE, Outcome.LEFT})
"""What says nothing about the server."""

RETRIED = frozenset(
    {Outcome.RATE_LIMITED, Outcome.FAILED, Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.BROKEN, Outcome.GARBAGE}
)
"""What another try may change, as long as no token has been passed on."""


class UpstreamError(Exception):
    """The model server gave no answer, or not all of it."""

    def __init__(
        self, outcome: Outcome, detail: str, *, retry_after_s: float | None = None, code: str | None = None
    ) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.retry_after_s = retry_after_s
        self.code = code


class CircuitOpenError(UpstreamError):
    """The model server was not asked at all, since it has not answered lately."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(Outcome.UNREACHABLE, "the model server has not answered lately", retry_after_s=retry_after_s)
