"""Checks: what must hold for a reply beyond its status, prepared once: JSON, text, pattern, header."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import jmespath
import orjson

from loadtests.sample import BAD_REPLY, CHECK_PREFIX, OK
from loadtests.target import Reply
from scenarios.target_schema import CheckPart

Judge = Callable[["Body"], bool]


class Body:
    """A reply that is looked at: its text and its JSON are made when they are first asked for."""

    __slots__ = ("_json", "_text", "reply")

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self._json: Any = _UNREAD
        self._text: str | None = None

    @property
    def json(self) -> Any:
        """The body as data.

        Raises:
            ValueError: when it is not JSON.
        """
        if self._json is _UNREAD:
            self._json = orjson.loads(self.reply.body)
        return self._json

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        if self._text is None:
            self._text = bytes(self.reply.body).decode("utf-8", "replace")
        return self._text


_UNREAD = object()


class Checks:
    """The checks of one request, in the order in which they were written: the first that fails names the outcome."""

    def __init__(self, parts: Sequence[CheckPart]) -> None:
        self._judges = [(CHECK_PREFIX + part.name, _judge(part)) for part in parts]
        self.needs_headers = any(part.header is not None for part in parts)

    def __len__(self) -> int:
        return len(self._judges)

    def outcome(self, body: Body) -> str:
        """Return `ok`, `check:<name>`, or `bad_reply` where JSON was expected and something else came."""
        try:
            return next((name for name, holds in self._judges if not holds(body)), OK)
        except ValueError:
            return BAD_REPLY


def _judge(part: CheckPart) -> Judge:
    """Return what tells whether a check holds."""
    if part.json_path is not None:
        return _json_judge(part, jmespath.compile(part.json_path))
    if part.text is not None:
        wanted = part.text.encode()
        return lambda body: wanted in body.reply.body
    if part.regex is not None:
        pattern = re.compile(part.regex)
        return lambda body: pattern.search(body.text) is not None
    return _header_judge(part)


def _json_judge(part: CheckPart, expression: Any) -> Judge:
    if "equals" in part.model_fields_set:
        return lambda body: _same(expression.search(body.json), part.equals)
    return lambda body: _there(expression.search(body.json))


def _same(found: Any, wanted: Any) -> bool:
    """Compare as JSON does: `true` is not 1."""
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


def _there(found: Any) -> bool:
    """Whether there is something: numbers are, but for a count of 0; empty lists, texts and false are not."""
    return bool(found)


def _header_judge(part: CheckPart) -> Judge:
    name = (part.header or "").lower().encode()
    wanted = str(part.equals).encode() if "equals" in part.model_fields_set else None

    def holds(body: Body) -> bool:
        values = [value for its, value in body.reply.headers if its.lower() == name]
        return bool(values) if wanted is None else wanted in values

    return holds
