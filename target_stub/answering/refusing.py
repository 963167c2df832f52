"""Refusing: how a failure of the model server is told to who asked."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil

from target_stub.request_error import RequestError
from target_stub.upstream.failure import CircuitOpenError, Outcome, UpstreamError

AGAIN_S = 1.0  # when to come again, where the model server does not say

TOLD: Mapping[Outcome, tuple[HTTPStatus, str, str]] = {
    Outcome.UNREACHABLE: (HTTPStatus.BAD_GATEWAY, "upstream_unreachable", "the model server cannot be reached"),
    Outcome.FAILED: (HTTPStatus.BAD_GATEWAY, "upstream_failed", "the model server failed"),
    Outcome.BROKEN: (HTTPStatus.BAD_GATEWAY, "upstream_failed", "the model server's answer broke off"),
    Outcome.GARBAGE: (HTTPStatus.BAD_GATEWAY, "upstream_failed", "the model server's answer cannot be read"),
    Outcome.REFUSED: (HTTPStatus.BAD_GATEWAY, "upstream_refused", "the model server refused the request"),
    Outcome.RATE_LIMITED: (HTTPStatus.SERVICE_UNAVAILABLE, "upstream_busy", "the model server takes no more requests"),
    Outcome.TIMEOUT: (HTTPStatus.GATEWAY_TIMEOUT, "upstream_timeout", "the model server did not answer in time"),
    Outcome.DEADLINE: (HTTPStatus.GATEWAY_TIMEOUT, "deadline_exceeded", "the time given for the answer is over"),
}


def refusal_of(error: UpstreamError) -> RequestError:
    """Return the refusal; what the model server said stays in the log, since it may hold more than callers may know."""
    status, code, message = TOLD.get(error.outcome, TOLD[Outcome.FAILED])
    if isinstance(error, CircuitOpenError):
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, "upstream_unavailable"
        message = "the model server has not answered lately, and is not asked for a while"
    if error.outcome is Outcome.REFUSED:  # coming again would change nothing
        return RequestError(status, code, message)
    again_s = AGAIN_S if error.retry_after_s is None else error.retry_after_s
    return RequestError(status, code, message, headers={"Retry-After": str(max(1, ceil(again_s)))})
