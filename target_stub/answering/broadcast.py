"""Broadcast: one stream of events for all who ask for the same while it is under way, each from its beginning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing
from typing import Generic, TypeVar

from target_stub.upstream.deadline import Deadline

Key = TypeVar("Key", bound=Hashable)
Event = TypeVar("Event")

JOINED_SHARE = 0.5
"""Who has twice as much time as a stream under way has left begins one of his own: that one may be cut too early."""


class Broadcast(Generic[Event]):
    """A stream that runs while anybody listens, and is closed when the last one leaves."""

    def __init__(self, source: AsyncGenerator[Event, None], deadline: Deadline) -> None:
        self.deadline = deadline
        self._events: list[Event] = []
        self._failure: Exception | None = None
        self.over = False
        self._listeners = 0
        self._news = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(source))

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Yield all events from the first one on.

        Raises:
            Exception: whatever the stream raises, to everybody.
        """
        self._listeners += 1
        heard = 0
        try:
            while True:
                while heard < len(self._events):
                    yield self._events[heard]
                    heard += 1
                if self.over:
                    break
                await asyncio.shield(self._news)
            if self._failure is not None:
                raise self._failure
        finally:
            self._listeners -= 1
            if not self._listeners and not self.over:
                self.over = True
                self._task.cancel()

    def when_over(self, call: Callable[[], None]) -> None:
        """Call this when the stream has ended, however it has."""
        self._task.add_done_callback(lambda _: call())

    async def _run(self, source: AsyncGenerator[Event, None]) -> None:
        try:
            async with aclosing(source):
                async for event in source:
                    self._events.append(event)
                    self._tell()
        except Exception as error:  # noqa: BLE001 (it is raised where it is listened to)
            self._failure = error
        finally:
            self.over = True
            self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.get_running_loop().create_future()
        news.set_result(None)


class Broadcasts(Generic[Key, Event]):
    """The streams under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[Key, Broadcast[Event]] = {}

    def __len__(self) -> int:
        return sum(not its.over for its in self._under_way.values())

    def join(
        self, key: Key, deadline: Deadline, begin: Callable[[], AsyncGenerator[Event, None]]
    ) -> tuple[AsyncGenerator[Event, None], bool]:
        """Return the events of the stream under way for the key, else of a new one; and whether it was shared."""
        found = self._under_way.get(key)
        if found is not None and not found.over and found.deadline.left_s >= JOINED_SHARE * deadline.left_s:
            return found.listen(), True
        made = Broadcast(begin(), deadline)
        self._under_way[key] = made
        made.when_over(lambda: self._forget(key, made))
        return made.listen(), False

    def _forget(self, key: Key, broadcast: Broadcast[Event]) -> None:
        if self._under_way.get(key) is broadcast:
            del self._under_way[key]
