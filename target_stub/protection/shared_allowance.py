"""Shared allowance: rates and quotas counted in one server for all workers; in this process while it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from target_stub.protection.allowance import DAY_S, Allowances, Decision, Limits, decide

PREFIX = "tenfold:limit:"
AWAY_S = 1.0  # after a fault of the server, it is not asked for so long

SCRIPT = """
local rate, burst, per_day = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now, day = tonumber(ARGV[4]), ARGV[5]
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'day', 'today')
local tokens, at, today = tonumber(state[1]) or burst, tonumber(state[2]) or now, tonumber(state[4]) or 0
if state[3] ~= day then today = 0 end
tokens = math.min(burst, tokens + math.max(now - at, 0) * rate)
local allowed = (rate == 0 or tokens >= 1) and (per_day == 0 or today < per_day)
redis.call('HSET', KEYS[1], 'tokens', tostring(allowed and tokens - 1 or tokens), 'at', tostring(math.max(at, now)),
    'day', day, 'today', allowed and today + 1 or today)
redis.call('EXPIRE', KEYS[1], per_day > 0 and 86400 or math.ceil(burst / rate) + 1)
return {tostring(tokens), today}
"""
"""One atomic step in the server: what was there before the request, after taking it."""

log = logging.getLogger(__name__)


class SharedAllowances:
    """Asks the server for each request; while it is away, counts here, and asks again after a second."""

    def __init__(self, limits: Limits, here: Allowances, url: str, timeout_s: float) -> None:
        self._limits = limits
        self._here = here
        self._timeout_s = timeout_s
        self._redis = Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
        self._away_until_s = 0.0

    async def take(self, user: str, now_s: float) -> Decision:
        """Take one request of a user; `now_s` is the time in seconds since 1970."""
        if time.monotonic() < self._away_until_s:
            return self._here.take(user, now_s)
        limits = self._limits
        arguments = (limits.rate_per_s, limits.burst, limits.per_day, f"{now_s:.6f}", int(now_s // DAY_S))
        try:
            async with asyncio.timeout(self._timeout_s):
                asked = cast("Awaitable[list[bytes]]", self._redis.eval(SCRIPT, 1, PREFIX + user, *map(str, arguments)))
                tokens, today = await asked
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until_s = time.monotonic() + AWAY_S
            log.warning("limits are counted in this process: the shared server is away (%s)", error)
            return self._here.take(user, now_s)
        return decide(limits, float(tokens), int(today), now_s)

    async def close(self) -> None:
        """Let the connection go."""
        await self._redis.aclose()
