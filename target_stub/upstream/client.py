"""Client: asks the model server, and asks again where that may help and the budget allows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from random import Random

import aiohttp

from target_stub.breaker import Breaker, BreakerState
from target_stub.upstream.chat import ChatRequest, ChatStream, Ended
from target_stub.upstream.counting import UpstreamCounting
from target_stub.upstream.deadline import Clock, Deadline
from target_stub.upstream.failure import (
    ALIVE,
    NOT_ITS_FAULT,
    RETRIED,
    CircuitOpenError,
    Outcome,
    UpstreamError,
)
from target_stub.upstream.policy import UpstreamPolicy
from target_stub.upstream.pool import Pool
from target_stub.upstream.refusal import read_refusal
from target_stub.upstream.retry import RetryBudget
from target_stub.upstream.waiting import telling_failures

JSON = {"Content-Type": "application/json", "Accept": "text/event-stream"}

Before = Callable[[], Awaitable[None]]
"""Awaited before each try; a ConnectionError that it raises fails the try."""

Sleep = Callable[[float], Awaitable[None]]


class Upstream:
    """A model server. `start` must be awaited first, in the event loop that uses it."""

    def __init__(
        self,
        policy: UpstreamPolicy,
        counting: UpstreamCounting,
        *,
        api_key: str = "",
        before: Before | None = None,
        clock: Clock = time.monotonic,
        rng: Random | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._policy = policy
        self._counting = counting
        self._api_key = api_key
        self._before = before
        self._clock = clock
        self._rng = rng or Random()  # noqa: S311 (waits, not secrets)
        self._sleep = sleep
        self._budget = RetryBudget(policy.retry_share, policy.retry_burst)
        self._breaker = Breaker(policy.breaker, clock) if policy.breaker else None
        self._pool: Pool | None = None
        self._warming: asyncio.Task[None] | None = None
        counting.watch(
            in_use=lambda: self._pool.in_use if self._pool else 0,
            waiting=lambda: self._pool.waiting if self._pool else 0,
            reuse_ratio=lambda: self._pool.reuse_ratio if self._pool else 0,
            retries_left=lambda: self._budget.left,
            circuit_open=lambda: self._breaker is not None and self._breaker.state is BreakerState.OPEN,
        )

    async def start(self) -> None:
        """Make the pool, and begin to warm it up; a server that is down does not hold up anything."""
        key = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        self._pool = Pool(self._policy.pool, key)
        if self._policy.warm_connections:
            url, connections = f"{self._policy.url}/models", self._policy.warm_connections
            self._warming = asyncio.create_task(self._pool.warm(url, connections))

    async def warmed(self) -> None:
        """Wait until the warm-up is over."""
        if self._warming is not None:
            await self._warming

    async def close(self) -> None:
        """Close all connections."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._pool is not None:
            await self._pool.close()

    async def open(self, request: ChatRequest, deadline: Deadline) -> ChatStream:
        """Return the answer once its first words are there; later failures are raised by the stream, and not retried.

        Raises:
            UpstreamError: the last one, when no try was good.
        """
        self._budget.requested()
        tries = 0
        while True:
            try:
                return await self._attempt(request, deadline)
            except UpstreamError as error:
                tries += 1
                wait_s = self._wait_s(error, tries, deadline)
                if wait_s is None:
                    raise
            await self._sleep(wait_s)

    def _wait_s(self, error: UpstreamError, tries: int, deadline: Deadline) -> float | None:
        """Return how long to wait before the next try, or None when there is to be none."""
        if isinstance(error, CircuitOpenError) or error.outcome not in RETRIED or tries > self._policy.retries:
            return None
        wait_s = max(self._policy.backoff.wait_s(tries, self._rng), error.retry_after_s or 0.0)
        if wait_s >= deadline.left_s:
            return None
        sent = self._budget.take()
        self._counting.retried(error.outcome, sent=sent)
        return wait_s if sent else None

    async def _attempt(self, request: ChatRequest, deadline: Deadline) -> ChatStream:
        if self._pool is None:
            raise RuntimeError("the client was not started")
        pool, breaker = self._pool, self._breaker
        if breaker is not None and not breaker.lets_pass():
            raise CircuitOpenError(self._policy.breaker_open_s)
        began_s = self._clock()

        def ended(outcome: Outcome) -> None:
            self._ended(request.model, outcome, began_s)

        try:
            async with telling_failures(deadline):
                if self._before is not None:
                    await self._before()
                url = f"{self._policy.url}/chat/completions"
                response = await pool.post(url, request.body(), JSON | deadline.header())
        except UpstreamError as error:
            ended(error.outcome)
            raise
        except BaseException:
            ended(Outcome.LEFT)
            raise

        def released(outcome: Outcome) -> None:
            pool.release(response)
            ended(outcome)

        stream = await self._begun(response, deadline, released)
        self._counting.first_token(request.model, self._clock() - began_s)
        return stream

    async def _begun(self, response: aiohttp.ClientResponse, deadline: Deadline, released: Ended) -> ChatStream:
        """Return the stream once its first words are there."""
        if response.status == HTTPStatus.OK:
            stream = ChatStream(response, deadline, released)
            await stream.begin()
            return stream
        try:
            error = await read_refusal(response, deadline, self._api_key)
        except BaseException:
            released(Outcome.LEFT)
            raise
        released(error.outcome)
        raise error

    def _ended(self, model: str, outcome: Outcome, began_s: float) -> None:
        self._counting.ended(model, outcome, self._clock() - began_s)
        if self._breaker is None:
            return
        if outcome in ALIVE:
            self._breaker.succeeded()
        elif outcome in NOT_ITS_FAULT:
            self._breaker.left()
        else:
            self._breaker.failed()
