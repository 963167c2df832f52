"""RequestError: a request refused, as its answer tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson

MAX_ECHO_CHARS = 300  # of a client's own text in our answer


class RequestError(Exception):
    """A request that is not answered: a status of 4xx or 5xx, a code for programs and a message for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        field: str | None = None,
        known: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.known = known
        self.headers = headers or {}

    def body(self) -> bytes:
        """Return the JSON to answer with."""
        error: dict[str, object] = {"code": self.code, "message": _short(str(self))}
        if self.field is not None:
            error["field"] = _short(self.field)
        if self.known is not None:
            error["known"] = list(self.known)
        return orjson.dumps({"error": error})


def bad_request(
    code: str, message: str, *, field: str | None = None, known: Sequence[str] | None = None
) -> RequestError:
    """Return a refusal with status 400."""
    return RequestError(HTTPStatus.BAD_REQUEST, code, message, field=field, known=known)


def body_too_large(largest: int) -> RequestError:
    """Return the refusal of a body above the limit in bytes."""
    message = f"the body is larger than {largest} bytes"
    return RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", message)


def _short(text: str) -> str:
    return text if len(text) <= MAX_ECHO_CHARS else f"{text[:MAX_ECHO_CHARS]}..."
