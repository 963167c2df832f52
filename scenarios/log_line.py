"""Recorded: one request of an access log, read from a combined, JSON or CSV line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

_COMBINED = re.compile(
    r"\S+ \S+ .*?\[(?P<time>[^\]]{20,40})\] \"(?P<request>(?:[^\"\\]|\\.)*)\" (?P<status>\d{3}) (?:\d+|-)(?: .*)?"
)
_PLAIN = re.compile(  # most lines: nothing in the path to unescape or to escape
    r"\S+ \S+ [^\[]{0,200}\[([^\]]+)\] "
    r"\"([A-Z]{3,10}) (/[\w/?&=%:;,+~!*'()@$.-]*) HTTP/\d(?:\.\d)?\" (\d{3}) (?:\d+|-)(?= |$)",
    re.ASCII,
)
_REQUEST = re.compile(r"(?P<method>[A-Z]{3,10}) (?P<path>\S+)(?: HTTP/\d(?:\.\d)?)?")
_ESCAPE = re.compile(rb"\\x([0-9A-Fa-f]{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMP = re.compile(
    r"(\d\d)/(" + "|".join(_MONTHS) + r")/(\d{4}):(\d\d):(\d\d):(\d\d)(\.\d+)? ([+-])(\d\d)(\d\d)", re.ASCII
)
_IN_A_REQUEST_LINE = "/?&=%:;,+~!*'()@$[]"  # RFC 3986's characters of paths and queries, escapes kept as they are
_YEAR_5138_S = 1e11  # larger numbers are milliseconds


class LineError(ValueError):
    """A line that cannot be read; says why in a few words."""


class Recorded(NamedTuple):
    """One request of a log; `at_s` is Unix time, and `whole` tells that the log knows whole seconds only."""

    at_s: float
    method: str
    path: str
    status: int = 200
    body: str = ""
    whole: bool = False


def combined(line: str) -> Recorded:
    """Return the request of a line in the combined format of nginx and Apache, or in the common one.

    Raises:
        LineError: when it is not such a line.
    """
    plain = _PLAIN.match(line)
    if plain is not None:
        stamp, method, path, status = plain.groups()
        at_s, whole = _stamp(stamp)
        return Recorded(at_s, method, path, int(status), "", whole)
    found = _COMBINED.fullmatch(line)
    if found is None:
        raise LineError("not the combined format")
    at_s, whole = _stamp(found["time"])
    return _request(found["request"], Recorded(at_s, "", "", int(found["status"]), "", whole))


def of_json(line: str, fields: Mapping[str, str]) -> Recorded:
    """Return the request of a JSON object.

    Raises:
        LineError: when it is none, or lacks a time or a path.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError("not JSON") from None
    if not isinstance(row, dict):
        raise LineError("not a JSON object")
    return of_row(row, fields)


def of_row(row: Mapping[str, object], fields: Mapping[str, str]) -> Recorded:
    """Return the request of a row with named fields, which may lie inside others (`request.uri`).

    Raises:
        LineError: when time or path are missing, or something is not a number where one is needed.
    """
    values = {name: _at(row, place) for name, place in fields.items() if place}
    for needed in ("time", "path"):
        if values.get(needed) is None:
            raise LineError(f"no field {fields[needed]!r}")
    at_s, whole = _instant(values["time"])
    try:
        status = int(str(values.get("status") or 200))
        took_s = float(str(values.get("duration") or 0))
    except ValueError as error:
        raise LineError(str(error)[:80]) from None
    path, body = str(values["path"]), values.get("body")
    # some logs keep the whole request line in one field
    line = path if _REQUEST.fullmatch(path) else f"{str(values.get('method') or 'GET').upper()} {path}"
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    return _request(line, Recorded(at_s - took_s, "", "", status, text, whole and not took_s))


def _request(line: str, rest: Recorded) -> Recorded:
    """Return the rest with method and path of a request line, escaped as request lines must be."""
    found = _REQUEST.fullmatch(line)
    if found is None or not found["path"].startswith("/"):
        raise LineError(f"{line[:40]!r} is not a request")
    raw = found["path"].encode("utf-8", "replace").replace(b'\\"', b'"')
    path = quote(_ESCAPE.sub(lambda its: bytes([int(its[1], 16)]), raw), safe=_IN_A_REQUEST_LINE)
    return rest._replace(method=found["method"], path=path)


@lru_cache(maxsize=4096)
def _stamp(text: str) -> tuple[float, bool]:
    """Return Unix time for `10/Oct/2000:13:55:36 -0700`, and whether it knows whole seconds only."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return _instant(text)
    day, year, hour, minute, second = (int(its) for its in found.group(1, 3, 4, 5, 6))
    offset = timedelta(hours=int(found[9]), minutes=int(found[10])) * (1 if found[8] == "+" else -1)
    try:
        at = datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        raise _no_time(text) from None
    return at.timestamp() + float(found[7] or 0), found[7] is None


def _instant(value: object) -> tuple[float, bool]:
    """Return Unix time for seconds, milliseconds or ISO 8601 (without a zone: UTC)."""
    if isinstance(value, str):
        if _STAMP.fullmatch(value):
            return _stamp(value)
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return _iso(str(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e17:
        raise _no_time(value)
    if value > _YEAR_5138_S:
        return value / 1000, False
    return float(value), isinstance(value, int)


def _iso(text: str) -> tuple[float, bool]:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), "." not in text
    except (ValueError, OverflowError):
        raise _no_time(text) from None


def _no_time(value: object) -> LineError:
    return LineError(f"{str(value)[:40]!r} is not a time")


def _at(row: Mapping[str, object], place: str) -> object:
    if place in row:
        return row[place]
    value: object = row
    for step in place.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value
