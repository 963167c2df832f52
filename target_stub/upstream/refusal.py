"""Refusal: an answer of the model server that is none, and what it says of the reason and of when to come again."""

from __future__ import annotations

import email.utils
import logging
import time
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp
import msgspec

from target_stub.upstream.deadline import Deadline
from target_stub.upstream.failure import Outcome, UpstreamError
from target_stub.upstream.waiting import telling_failures

MAX_ERROR_BYTES = 10_000
MAX_RETRY_AFTER_S = 3600.0
MAX_TOLD_CHARS = 200
log = logging.getLogger(__name__)


async def read_refusal(response: aiohttp.ClientResponse, deadline: Deadline, api_key: str) -> UpstreamError:
    """Return the error that an answer tells; the key is masked, should the server repeat it."""
    try:
        async with telling_failures(deadline):
            body = await response.content.read(MAX_ERROR_BYTES)
    except UpstreamError as error:
        return error
    told, code = _told(body.replace(api_key.encode(), b"***") if api_key else body)
    match response.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            outcome = Outcome.RATE_LIMITED
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            outcome = Outcome.FAILED
        case _:
            outcome = Outcome.REFUSED
            log.error("the model server refused a request with %d: %s", response.status, told)
    wait_s = retry_after_s(response.headers, time.time())
    return UpstreamError(outcome, f"it answered {response.status}: {told}", retry_after_s=wait_s, code=code)


def retry_after_s(headers: Mapping[str, str], now_unix: float) -> float | None:
    """Return what a Retry-After header asks for, in seconds or as a date (RFC 9110), within an hour; None without."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text) if text[0].isdigit() else email.utils.parsedate_to_datetime(text).timestamp() - now_unix
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)


def _told(body: bytes) -> tuple[str, str | None]:
    """Return the message and the code of an error's body, in OpenAI's shape if it is that."""
    try:
        error = msgspec.json.decode(body)["error"]
        return str(error["message"])[:MAX_TOLD_CHARS], str(error["code"]) if error.get("code") else None
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return " ".join(body[:MAX_TOLD_CHARS].decode("utf-8", "replace").split()), None
