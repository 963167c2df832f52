"""Protocol: the requests, answers, chunks and errors of OpenAI's chat completions, as far as they are served."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import orjson
from msgspec import Meta, Struct

DONE = b"data: [DONE]\n\n"


class Part(Struct):
    """A part of a message."""

    type: str
    text: str = ""


class Message(Struct):
    """One turn of the conversation."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The words of all its parts of text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(Struct):
    """What a stream holds besides the answer."""

    include_usage: bool = False


class ChatRequest(Struct):
    """A chat completion to make; what else OpenAI knows (temperature and so on) is taken and has no effect."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None

    @property
    def prompt(self) -> str:
        """The words of all messages."""
        return "\n".join(message.text for message in self.messages)


class ChatError(Exception):
    """A request that is not answered, in the shape in which OpenAI tells it."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self._error = {"message": message, "type": kind, "param": param, "code": code}

    def body(self) -> bytes:
        """Return the JSON to answer with."""
        return orjson.dumps({"error": self._error})


def invalid(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> ChatError:
    """Return the error of a request that must not be sent again as it is."""
    return ChatError(status, "invalid_request_error", message, code=code, param=param)


def rate_limited(wait_s: float) -> ChatError:
    """Return the error of a request beyond the rate limit, with when to come again in whole seconds."""
    seconds = max(1, -int(-wait_s // 1))
    error = ChatError(429, "requests", f"Rate limit reached; try again in {seconds} s.", code="rate_limit_exceeded")
    error.headers["Retry-After"] = str(seconds)
    return error


def failed(status: int, retry_after: int | None = None) -> ChatError:
    """Return an error of the server's own making, or whatever else trouble asks for."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return rate_limited(retry_after or 1)
    error = ChatError(status, "server_error", f"The server had an error: {status}, as it was told to.")
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


_decoder = msgspec.json.Decoder(ChatRequest)


def chat_request(body: bytes) -> ChatRequest:
    """Return the request that a body asks for.

    Raises:
        ChatError: with status 400.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        raise invalid(
            f"{what}{f': {place.rstrip(chr(96))}' if place else ''}", param=place.rstrip("`") or None
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"We could not parse the JSON body of your request: {error}") from error


class Reply:
    """One answer in OpenAI's shapes: as a whole, or chunk by chunk."""

    def __init__(self, number: str, model: str, created_unix: int) -> None:
        self._facts = {"id": f"chatcmpl-{number}", "created": created_unix, "model": model}

    def chunk(self, delta: Mapping[str, str], finish_reason: str | None = None) -> bytes:
        """Return an event of the stream that adds to the answer or ends it."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._event({"choices": [choice]})

    def usage_chunk(self, usage: Mapping[str, int]) -> bytes:
        """Return the event that tells what the answer took."""
        return self._event({"choices": [], "usage": usage})

    def _event(self, content: Mapping[str, Any]) -> bytes:
        return b"data: " + orjson.dumps({**self._facts, "object": "chat.completion.chunk", **content}) + b"\n\n"

    def whole(self, text: str, finish_reason: str, usage: Mapping[str, int]) -> bytes:
        """Return the answer in one piece."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return orjson.dumps({**self._facts, "object": "chat.completion", "choices": [choice], "usage": usage})


def usage_of(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    """Return what an answer took."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
