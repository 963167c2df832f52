"""Waiting for the model server: until the deadline, and with what can go wrong told in our own terms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from target_stub.upstream.deadline import Deadline
from target_stub.upstream.failure import Outcome, UpstreamError


@asynccontextmanager
async def telling_failures(deadline: Deadline) -> AsyncIterator[None]:
    """Let what is inside take until the deadline.

    Raises:
        UpstreamError: in place of whatever aiohttp raises.
    """
    try:
        async with asyncio.timeout(deadline.left_s):
            yield
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
        raise UpstreamError(Outcome.UNREACHABLE, _told(error)) from error
    except aiohttp.ServerTimeoutError as error:
        raise UpstreamError(Outcome.TIMEOUT, _told(error)) from error
    except TimeoutError as error:
        raise UpstreamError(Outcome.DEADLINE, "the time that the caller gave is over") from error
    except aiohttp.ClientResponseError as error:  # what came is no HTTP
        raise UpstreamError(Outcome.GARBAGE, _told(error)) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise UpstreamError(Outcome.BROKEN, _told(error)) from error


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
