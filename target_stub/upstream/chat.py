"""Chat: what is asked of a model, and its answer as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import aiohttp
import orjson

from target_stub.upstream.deadline import Deadline
from target_stub.upstream.events import EventReader, Piece, Usage
from target_stub.upstream.failure import Outcome, UpstreamError
from target_stub.upstream.waiting import telling_failures

END_S = 0.5  # how long the end of the body may be late after the stream's own end; then the connection is not kept


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of the conversation."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A completion to ask for: the model's part (small, large) and name, the conversation, and how long it may get."""

    model: str
    model_name: str
    messages: Sequence[Message]
    max_tokens: int

    def body(self) -> bytes:
        """Return the JSON of OpenAI's protocol."""
        return orjson.dumps(
            {
                "model": self.model_name,
                "messages": [{"role": its.role, "content": its.content} for its in self.messages],
                "max_tokens": self.max_tokens,
                "temperature": 0,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        )


Ended = Callable[[Outcome], None]
"""Called once with how it ended, when the connection may go back."""


class ChatStream:
    """An answer whose first words are there; the rest comes by iterating. To be closed by whoever has it."""

    def __init__(self, response: aiohttp.ClientResponse, deadline: Deadline, ended: Ended) -> None:
        self._response = response
        self._deadline = deadline
        self._ended: Ended | None = ended
        self._reader = EventReader()
        self._ready: list[Piece] = []
        self._failure: UpstreamError | None = None
        self.finish_reason: str | None = None
        self.usage: Usage | None = None

    async def begin(self) -> None:
        """Wait for the first words, or for the end of an answer without any.

        Raises:
            UpstreamError: when none come; it is closed then.
        """
        try:
            while (piece := await self._next()) is not None:
                if piece.text:
                    self._ready.insert(0, piece)
                    return
        except UpstreamError as error:
            self._end(error.outcome)
            raise
        except BaseException:
            self._end(Outcome.LEFT)
            raise
        self._end(Outcome.OK)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield the words as they come.

        Raises:
            UpstreamError: when the answer breaks off; it is closed then.
        """
        try:
            while (piece := await self._next()) is not None:
                if piece.text:
                    yield piece.text
        except UpstreamError as error:
            self._end(error.outcome)
            raise
        except BaseException:
            self._end(Outcome.LEFT)
            raise
        self._end(Outcome.OK)

    def close(self) -> None:
        """Leave: if the answer is not at its end, the connection is cut, and the server may stop."""
        self._end(Outcome.LEFT)

    async def _next(self) -> Piece | None:
        """Return what comes next, or None at the end."""
        if self._ended is None:
            return None
        while not self._ready:
            if self._failure is not None:
                raise self._failure
            async with telling_failures(self._deadline):
                received = await self._response.content.readany()
            if not received:
                if self.finish_reason is not None:  # some servers leave out the stream's own end
                    return None
                raise UpstreamError(Outcome.BROKEN, "the stream ended before the answer did")
            try:
                self._ready.extend(self._reader.feed(received))
            except UpstreamError as error:
                self._failure = error  # to be raised after the words that came before it
        piece = self._ready.pop(0)
        self.finish_reason = piece.finish_reason or self.finish_reason
        self.usage = piece.usage or self.usage
        if piece.done:
            await self._read_to_the_end()
            return None
        return piece

    async def _read_to_the_end(self) -> None:
        """Read what follows the stream's end, which is nothing: only then can the connection be used again."""
        try:
            async with asyncio.timeout(END_S):
                while await self._response.content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError):
            return

    def _end(self, outcome: Outcome) -> None:
        if self._ended is not None:
            ended, self._ended = self._ended, None
            ended(outcome)
