"""Events: from the bytes of a chat completion's stream to what each event adds. Pure: bytes in, chunks out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from target_stub.upstream.failure import Outcome, UpstreamError

MAX_EVENT_BYTES = 1_000_000
FIELDS = (b"data", b"event", b"id", b"retry")
DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took, in tokens."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event adds: words, why the answer ends, what it took; `done` is the stream's own end."""

    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    done: bool = False


class _Delta(Struct):
    content: str | None = None


class _Choice(Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Error(Struct):
    message: str = ""


class _Chunk(Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: _Error | str | None = None


_decoder = msgspec.json.Decoder(_Chunk)


class EventReader:
    """Reads a stream, however its bytes are cut into pieces (server-sent events, as WHATWG's HTML defines them)."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._held = 0

    def feed(self, received: bytes) -> Iterator[Piece]:
        """Yield what has become complete.

        Raises:
            UpstreamError: when it is not such a stream, or tells an error.
        """
        *lines, self._rest = (self._rest + received.replace(b"\r\n", b"\n")).split(b"\n")
        if len(self._rest) + self._held > MAX_EVENT_BYTES:
            raise UpstreamError(Outcome.GARBAGE, f"an event has more than {MAX_EVENT_BYTES} bytes")
        for line in lines:
            piece = self._line(line.rstrip(b"\r"))
            if piece is not None:
                yield piece

    def _line(self, line: bytes) -> Piece | None:
        if not line:
            data, self._data, self._held = b"\n".join(self._data), [], 0
            return _piece(data) if data else None
        name, _, value = line.partition(b":")
        if name and name not in FIELDS:  # without a name it is a comment, which keeps connections alive
            raise UpstreamError(Outcome.GARBAGE, f"a line is no part of an event: {line[:80]!r}")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._held += len(value)
        return None


def _piece(data: bytes) -> Piece:
    if data.strip() == DONE:
        return Piece(done=True)
    try:
        chunk = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamError(Outcome.GARBAGE, f"an event is no chunk of a completion: {error}") from error
    if chunk.error is not None:
        told = chunk.error if isinstance(chunk.error, str) else chunk.error.message
        raise UpstreamError(Outcome.FAILED, f"the stream tells an error: {told[:200]}")
    usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens) if chunk.usage else None
    if not chunk.choices:
        return Piece(usage=usage)
    choice = chunk.choices[0]
    return Piece(choice.delta.content or "", choice.finish_reason, usage)
