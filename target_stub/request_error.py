"""RequestError: a request refused, as its answer tells it: problem details after RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from target_stub.problem_types import PROBLEM_TYPES, PROBLEMS_PATH

PROBLEM_JSON = "application/problem+json"
MAX_ECHO_CHARS = 300  # of a client's own text in our answer
MAX_MISTAKES = 20  # told at once; who made more mends these first


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: a code of `problem_types`, a sentence for people, and where it is.

    `field` is a JSON pointer (RFC 6901) into the body, or into the object of the query's parameters: `/params/ef`.
    """

    code: str
    detail: str
    field: str | None = None
    known: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.code not in PROBLEM_TYPES:
            raise ValueError(f"the code {self.code!r} is not in problem_types.PROBLEM_TYPES")
        if self.field is not None and not self.field.startswith("/"):
            raise ValueError(f"the field {self.field!r} is no JSON pointer: it must begin with a slash")

    def to_json(self) -> dict[str, Any]:
        """Return the members that every problem has, and those that apply."""
        told: dict[str, Any] = {"detail": _short(self.detail), "code": self.code}
        if self.field is not None:
            told["field"] = _short(self.field)
        if self.known is not None:
            told["known"] = list(self.known)
        return told


class RequestError(Exception):
    """A request that is not answered: a status of 4xx or 5xx, and at least one mistake; the first one names it."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        field: str | None = None,
        known: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Sequence[Mistake] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.mistakes = (Mistake(code, message, field, known), *more)
        self.headers = headers or {}

    @property
    def code(self) -> str:
        """The first mistake's code."""
        return self.mistakes[0].code

    @property
    def field(self) -> str | None:
        """The first mistake's place."""
        return self.mistakes[0].field

    @property
    def known(self) -> Sequence[str] | None:
        """What would have been accepted in the first mistake's place."""
        return self.mistakes[0].known

    def body(self, request_id: str) -> bytes:
        """Return the JSON to answer with; `errors` lists the mistakes where there are several."""
        problem = {
            "type": f"{PROBLEMS_PATH}#{self.code}",
            "title": PROBLEM_TYPES[self.code].title,
            "status": int(self.status),
            **self.mistakes[0].to_json(),
            "instance": f"/requests/{request_id}",
        }
        if len(self.mistakes) > 1:
            problem["errors"] = [mistake.to_json() for mistake in self.mistakes[:MAX_MISTAKES]]
        return orjson.dumps(problem)


def bad_request(
    code: str, message: str, *, field: str | None = None, known: Sequence[str] | None = None
) -> RequestError:
    """Return a refusal with status 400."""
    return RequestError(HTTPStatus.BAD_REQUEST, code, message, field=field, known=known)


def bad_requests(mistakes: Sequence[Mistake]) -> RequestError:
    """Return a refusal with status 400 that tells all of these mistakes, at least one."""
    first, *more = mistakes
    return RequestError(
        HTTPStatus.BAD_REQUEST, first.code, first.detail, field=first.field, known=first.known, more=more
    )


def body_too_large(largest: int) -> RequestError:
    """Return the refusal of a body above the limit in bytes."""
    message = f"the body is larger than {largest} bytes"
    return RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", message)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer that leads through these names and numbers (RFC 6901, section 3)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _short(text: str) -> str:
    return text if len(text) <= MAX_ECHO_CHARS else f"{text[:MAX_ECHO_CHARS]}..."
