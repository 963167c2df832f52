"""Pool: connections to the model server that are kept and used again, and what is known of their use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How many connections there may be, whether they are kept, and how long is waited for what."""

    connections: int = 32
    keep_alive: bool = True
    keep_alive_s: float = 60.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0


class Pool:
    """One HTTP session; to be made in the event loop that uses it."""

    def __init__(self, policy: PoolPolicy, headers: Mapping[str, str]) -> None:
        self.created = self.reused = self._under_way = 0
        self._limit = policy.connections
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(self._count_created)
        tracing.on_connection_reuseconn.append(self._count_reused)
        kept: dict[str, Any] = (
            {"keepalive_timeout": policy.keep_alive_s} if policy.keep_alive else {"force_close": True}
        )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=policy.connections, **kept),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=policy.connect_timeout_s, sock_read=policy.read_timeout_s
            ),
            headers=dict(headers),
            trace_configs=[tracing],
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    @property
    def reuse_ratio(self) -> float:
        """The share of requests that found a connection, 0 before the first one."""
        taken = self.created + self.reused
        return self.reused / taken if taken else 0.0

    @property
    def in_use(self) -> int:
        """How many connections serve a request."""
        return min(self._under_way, self._limit)

    @property
    def waiting(self) -> int:
        """How many requests wait for a connection."""
        return max(0, self._under_way - self._limit)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send a request and return the answer as soon as its headers are there; `release` must follow."""
        self._under_way += 1
        try:
            return await self._session.post(url, data=body, headers=headers, allow_redirects=False)
        except BaseException:
            self._under_way -= 1
            raise

    def release(self, response: aiohttp.ClientResponse) -> None:
        """Give the connection back if the answer was read to its end, else cut it, which tells the server to stop."""
        self._under_way -= 1
        response.close()

    async def warm(self, url: str, connections: int) -> None:
        """Open so many connections at once with a harmless request each, so that no caller waits for them later."""

        async def one() -> None:
            async with self._session.get(url, allow_redirects=False) as answer:
                await answer.read()

        failed = [
            its for its in await asyncio.gather(*(one() for _ in range(connections)), return_exceptions=True) if its
        ]
        if failed:
            log.warning("the model server does not answer yet: %s", _short(failed[0]))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _count_created(self, *_: Any) -> None:
        self.created += 1

    async def _count_reused(self, *_: Any) -> None:
        self.reused += 1


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
