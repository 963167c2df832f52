"""Redis link: the way to a server that speaks Redis' protocol, and how the service lives without it.

A call costs at most its time-out. After some failures in a row nothing is asked for a while, so that a server that is
lost or slow costs a time-out now and then, not one for each request. Plain commands in protocol 2 only, so that Redis,
Valkey and Dragonfly serve alike.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from target_stub.breaker import Breaker, BreakerPolicy, BreakerState
from target_stub.errors import ConfigError

SLOW_SHARE = 0.5  # of the time-out: an answer slower than that counts as a failure, though it is used
CLIENT_NAME = "tenfold"
log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """Why a call has no reply."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    FULL = "full"  # the server takes nothing more
    REFUSED = "refused"  # it does not do what it was asked for
    SKIPPED = "skipped"  # it was not asked, having failed before


class LinkError(Exception):
    """A call without a reply."""

    def __init__(self, trouble: Trouble, why: str = "") -> None:
        super().__init__(why or trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """Where the server is, how long a call may take, and how many go at one time."""

    url: str
    timeout_s: float = 0.1
    connections: int = 16

    @property
    def shown(self) -> str:
        """The address without its password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def make_client(spec: LinkSpec, *, patient: bool = False) -> Redis:
    """Return a client; a patient one waits for replies as long as they take, for subscriptions.

    Raises:
        ConfigError: when the address cannot be one.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            spec.url,
            max_connections=2 if patient else spec.connections,
            timeout=spec.timeout_s,
            socket_timeout=None,  # the whole call is timed, which a limit for each read would not do
            socket_connect_timeout=1.0 if patient else spec.timeout_s,
            retry=Retry(NoBackoff(), 0),  # the breaker decides when to try again
            protocol=2,
            legacy_responses=False,
            client_name=CLIENT_NAME,
        )
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{spec.shown!r} is no address of a Redis server: {error}", hint="write it like redis://127.0.0.1:6379/0"
        ) from error
    return Redis.from_pool(pool)


class RedisLink:
    """Calls to one server, each bounded in time; `troubles` is told each one that failed, and why.

    `before` is awaited within the time of each call: what it takes or raises befalls the call.
    """

    def __init__(
        self,
        spec: LinkSpec,
        troubles: Callable[[Trouble], None],
        *,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = monotonic,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.spec = spec
        self._client = make_client(spec)
        self._troubles = troubles
        self._before = before
        self._clock = clock
        self._breaker = Breaker(policy or BreakerPolicy(), clock)

    @property
    def usable(self) -> bool:
        """Whether a call would be made at all."""
        return self._breaker.state is not BreakerState.OPEN

    async def call(self, *command: Any) -> Any:
        """Return the reply to one command.

        Raises:
            LinkError: when there is none; the caller goes on without.
        """
        if not self._breaker.lets_pass():
            raise self._trouble(Trouble.SKIPPED)
        started = self._clock()
        try:
            async with asyncio.timeout(self.spec.timeout_s):
                if self._before is not None:
                    await self._before()
                reply = await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._breaker.left()
            raise
        except ResponseError as error:
            self._breaker.succeeded()  # it does answer
            trouble = Trouble.FULL if isinstance(error, OutOfMemoryError) else Trouble.REFUSED
            raise self._trouble(trouble, str(error)) from error
        except TimeoutError as error:
            self._fails(f"no reply within {self.spec.timeout_s * 1e3:.0f} ms")
            raise self._trouble(Trouble.TIMEOUT) from error
        except (RedisError, OSError) as error:
            self._fails(str(error) or type(error).__name__)
            raise self._trouble(Trouble.CONNECTION, str(error)) from error
        if self._clock() - started > SLOW_SHARE * self.spec.timeout_s:
            self._fails(f"replies take more than {SLOW_SHARE * self.spec.timeout_s * 1e3:.0f} ms")
        else:
            self._works()
        return reply

    def _trouble(self, trouble: Trouble, why: str = "") -> LinkError:
        self._troubles(trouble)
        return LinkError(trouble, why)

    def _fails(self, why: str) -> None:
        was = self._breaker.state
        self._breaker.failed()
        if was is BreakerState.CLOSED and self._breaker.state is BreakerState.OPEN:
            log.warning("going on without %s: %s", self.spec.shown, why)

    def _works(self) -> None:
        was = self._breaker.state
        self._breaker.succeeded()
        if was is not BreakerState.CLOSED and self._breaker.state is BreakerState.CLOSED:
            log.info("%s is back", self.spec.shown)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()
