"""Gate: every request for work passes it: the user's limits first, then a turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter

from aiohttp import web

from target_stub import metric_names as names
from target_stub.api import Handler
from target_stub.config import Config
from target_stub.metrics import Metrics
from target_stub.protection.allowance import Allowances, Decision, Limits
from target_stub.protection.caller import caller_of
from target_stub.protection.concurrency import ConcurrencyLimit
from target_stub.protection.fair_queue import FairQueue, ShedError
from target_stub.protection.shared_allowance import SharedAllowances
from target_stub.request_error import RequestError

RETRY_AFTER_S = "1"
WEIGHTS = {"low": 1.0, "": 4.0}
FAVOURED_WEIGHT = 16.0


class Gate:
    """Limits and turns of one process. Made only where a switch asks for it: a service without pays nothing."""

    def __init__(self, config: Config, metrics: Metrics, shed: Callable[[str], None]) -> None:
        self._limits = Limits(config.rate_limit_per_s, config.rate_limit_burst, config.daily_quota)
        self._here = Allowances(self._limits, config.limited_users)
        self._shared = None
        if config.rate_limit_shared and config.redis_url and self._limits.any:
            timeout_s = config.redis_timeout_ms / 1e3
            self._shared = SharedAllowances(self._limits, self._here, config.redis_url, timeout_s)
        self.queue: FairQueue | None = None
        if config.concurrency != "off":
            target_s = config.concurrency_target_ms / 1e3 if config.concurrency == "adaptive" else 0.0
            limit = ConcurrencyLimit(config.concurrency_max, target_s)
            self.queue = FairQueue(limit, config.queue_max, config.queue_timeout_ms / 1e3)
        self._favoured = frozenset(f"user:{user.strip()}" for user in config.favoured_users.split(",") if user.strip())
        self._shed = shed
        self._metrics = metrics
        self._decisions = metrics.counters(
            names.RATELIMIT_DECISIONS,
            "Requests by what the limits of their user said.",
            ("limit", "decision"),
            [("user", "allowed"), ("rate", "refused"), ("day", "refused")],
        )
        metrics.gauge(names.CONCURRENCY_LIMIT, "Requests worked on at once, at most.", self._limit_now)
        metrics.gauge(names.REQUEST_QUEUE_DEPTH, "Requests waiting for their turn.", self._depth)
        metrics.gauge(names.LIMITED_USERS, "Users whose limits are remembered.", lambda: len(self._here))

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request if its user may make it, when its turn has come.

        Raises:
            RequestError: with status 429 beyond the user's limits, 503 when there is no turn for it.
        """
        user = caller_of(request.headers, request.remote)
        decision = await self._decide(user) if self._limits.any else None
        if self.queue is None:
            response = await handler(request)
        else:
            response = await self._in_turn(self.queue, user, request, handler)
        if decision is not None and not response.prepared:
            response.headers.update(limit_headers(decision))
        return response

    async def close(self) -> None:
        """Let the connection go."""
        if self._shared is not None:
            await self._shared.close()

    async def _decide(self, user: str) -> Decision:
        now_s = time.time()
        decision = self._here.take(user, now_s) if self._shared is None else await self._shared.take(user, now_s)
        if decision.allowed:
            self._decisions["user", "allowed"].inc()
            return decision
        self._decisions[decision.refused_by, "refused"].inc()
        self._shed("rate_limit" if decision.refused_by == "rate" else "quota")
        code = "too_many_requests" if decision.refused_by == "rate" else "quota_used_up"
        message = f"the limit of {decision.limit} is reached; try again in {decision.reset_s} s"
        headers = {**limit_headers(decision), "Retry-After": str(decision.reset_s)}
        raise RequestError(HTTPStatus.TOO_MANY_REQUESTS, code, message, headers=headers)

    async def _in_turn(self, queue: FairQueue, user: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        weight = FAVOURED_WEIGHT if user in self._favoured else WEIGHTS.get(request.headers.get("X-Priority", ""), 4.0)
        try:
            waited_s = await queue.enter(user, weight)
        except ShedError as error:
            self._shed(error.reason)
            message = "the service has more work than it can do; try again"
            headers = {"Retry-After": RETRY_AFTER_S}
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", message, headers=headers) from error
        if waited_s:
            self._metrics.stages["queue"].observe(waited_s)
        started = perf_counter()
        try:
            return await handler(request)
        finally:
            queue.leave(perf_counter() - started)

    def _limit_now(self) -> float:
        return 0 if self.queue is None else self.queue.limit.now

    def _depth(self) -> float:
        return 0 if self.queue is None else self.queue.depth


def make_gate(config: Config, metrics: Metrics, shed: Callable[[str], None]) -> Gate | None:
    """Return the gate that the switches ask for, or None where they ask for none."""
    asked = config.rate_limit_per_s or config.daily_quota or config.concurrency != "off"
    return Gate(config, metrics, shed) if asked else None


def limit_headers(decision: Decision) -> dict[str, str]:
    """Return the headers of the IETF's draft-ietf-httpapi-ratelimit-headers (03): limit, what is left, seconds."""
    return {
        "RateLimit-Limit": str(decision.limit),
        "RateLimit-Remaining": str(max(decision.remaining, 0)),
        "RateLimit-Reset": str(decision.reset_s),
    }
