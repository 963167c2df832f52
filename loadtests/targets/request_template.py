"""RequestTemplate: one request of an http target, prepared so that an arrival only fills in its values."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

import orjson

from loadtests.target import Call
from scenarios.errors import HarnessError
from scenarios.log_line import Recorded
from scenarios.target_schema import RequestPart, UploadPart
from scenarios.template import Template

JSON, FORM, TEXT = "application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-8"

Values = Mapping[str, str]
MakeBody = Callable[[Values], bytes]


class RequestTemplate:
    """Method, path, headers and body, each taken apart once."""

    def __init__(self, part: RequestPart, headers: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self._method, self._streamed = part.method, part.stream
        self._path = Template(part.path or "/", environ)
        merged = {**headers, **part.headers}
        lowered = {name.lower(): name for name in merged}
        own_type = merged.pop(lowered["content-type"]) if "content-type" in lowered else None
        self._headers = [(name, Template(value, environ)) for name, value in merged.items()]
        self._body, usual_type, names = _body(part, environ)
        self._content_type = part.content_type or own_type or usual_type
        every = {*self._path.names, *names, *(name for _, its in self._headers for name in its.names)}
        self.names = frozenset(every)

    def call(self, values: Values, more: tuple[tuple[str, str], ...] = ()) -> Call:
        """Return the request with an arrival's values, and more headers.

        Raises:
            KeyError: with the name of a placeholder that has no value.
        """
        headers = tuple((name, its.fill(values, _header_safe)) for name, its in self._headers)
        path = self._path.fill(values, _url_safe)
        return Call(self._method, path, self._body(values), self._content_type, headers + more, self._streamed)

    def recorded(self, record: Recorded, more: tuple[tuple[str, str], ...] = ()) -> Call:
        """Return a request that a log recorded, with the headers of this one: logs do not have them."""
        headers = tuple((name, its.fill({}, _header_safe)) for name, its in self._headers if not its.names)
        body = record.body.encode()
        return Call(record.method, record.path, body, (self._content_type or JSON) if body else "", headers + more)


def _url_safe(value: str) -> str:
    return quote(value, safe="")


def _header_safe(value: str) -> str:
    """Return a value without what would end a header; beyond Latin-1 it is escaped as in URLs."""
    line = value.replace("\r", " ").replace("\n", " ").replace("\0", " ")
    return line if line.isascii() else quote(line, safe=" !\"#$&'()*+,/:;=?@[]~")


def _json_safe(value: str) -> str:
    return orjson.dumps(value)[1:-1].decode()


def _as_it_is(value: str) -> str:
    return value


def _body(part: RequestPart, environ: Mapping[str, str]) -> tuple[MakeBody, str, tuple[str, ...]]:
    """Return what makes the body, its content type, and the names of its placeholders."""
    if part.json_body is not None:
        return _filled(orjson.dumps(part.json_body).decode(), environ, _json_safe, JSON)
    if part.form is not None:
        written = "&".join(f"{quote_plus(name)}={value}" for name, value in part.form.items())
        return _filled(written, environ, quote_plus, FORM)
    if part.body is not None:
        return _filled(part.body, environ, _as_it_is, TEXT)
    if part.upload is not None:
        content = _content(part.upload, part.name)
        guessed = mimetypes.guess_type(part.upload.file)[0] if part.upload.file else None
        written_type = part.upload.content_type
        return (lambda _: content), written_type or guessed or "application/octet-stream", ()
    return (lambda _: b""), "", ()


def _filled(
    text: str, environ: Mapping[str, str], safe: Callable[[str], str], content_type: str
) -> tuple[MakeBody, str, tuple[str, ...]]:
    template = Template(text, environ)
    if not template.names:
        fixed = template.fill({}, safe).encode()
        return (lambda _: fixed), content_type, ()
    return (lambda values: template.fill(values, safe).encode()), content_type, template.names


def _content(upload: UploadPart, name: str) -> bytes:
    """Return the bytes of an upload; generated ones are random, so that nothing on the way can pack them."""
    if upload.file is None:
        return Random(f"upload:{name}").randbytes(upload.size or 0)  # noqa: S311 - ballast, not a secret
    try:
        return Path(upload.file).read_bytes()
    except OSError as error:
        raise HarnessError(
            f"{upload.file} cannot be read: {error}", hint="give a file that this user may read"
        ) from error
