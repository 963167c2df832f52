"""Fair queue: who is worked on next when there is more than can be done: every user in turn, however many ask."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from itertools import count
from time import perf_counter

from target_stub.protection.concurrency import ConcurrencyLimit


class ShedError(Exception):
    """A request that gets no turn; the reason is one of `metric_names.SHED_REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FairQueue:
    """Weighted self-clocked fair queueing (Golestani 1994), each request counting as one.

    A waiting request of a user gets the tag max(tag of the one in work, the user's last tag) + 1/weight; the smallest
    tag is next. So a user with a thousand requests waiting delays another's first by one turn, not by a thousand.
    """

    def __init__(self, limit: ConcurrencyLimit, max_waiting: int, timeout_s: float) -> None:
        self.limit = limit
        self.running = 0
        self._max_waiting = max_waiting
        self._timeout_s = timeout_s
        self._numbers = count()
        self._heap: list[tuple[float, int, str, asyncio.Future[None]]] = []
        self._waiting: Counter[str] = Counter()
        self._last_tags: dict[str, float] = {}
        self._virtual = 0.0

    @property
    def depth(self) -> int:
        """How many requests wait."""
        return self._waiting.total()

    async def enter(self, user: str, weight: float) -> float:
        """Wait for a turn, and return how long that took in seconds; `leave` must follow.

        Raises:
            ShedError: when too many wait already, or it took too long.
        """
        if self.running < self.limit.now and not self._waiting:
            self.running += 1
            return 0.0
        self._make_room(user)
        started = perf_counter()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        tag = max(self._virtual, self._last_tags.get(user, 0.0)) + 1 / weight
        self._last_tags[user] = tag
        self._waiting[user] += 1
        heapq.heappush(self._heap, (tag, next(self._numbers), user, turn))
        timer = asyncio.get_running_loop().call_later(self._timeout_s, self._shed, user, turn, "queue_timeout")
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._gone(user)
            elif turn.exception() is None:  # its turn came in the same moment
                self._release()
            raise
        finally:
            timer.cancel()
        return perf_counter() - started

    def leave(self, latency_s: float) -> None:
        """End a turn that took this long."""
        self.limit.observe(latency_s, self.running)
        self._release()

    def _release(self) -> None:
        self.running -= 1
        while self._heap and self.running < self.limit.now:
            tag, _, user, turn = heapq.heappop(self._heap)
            if turn.done():
                continue
            self._virtual = tag
            self._gone(user)
            self.running += 1
            turn.set_result(None)

    def _make_room(self, user: str) -> None:
        """Shed the newest request of the user with most waiting, if there is no room; that may be this one."""
        if self.depth < self._max_waiting:
            return
        noisiest, waiting = self._waiting.most_common(1)[0] if self._waiting else (user, 0)
        if self._waiting[user] + 1 >= waiting:
            raise ShedError("queue_full")
        turns = [(tag, turn) for tag, _, its, turn in self._heap if its == noisiest and not turn.done()]
        self._shed(noisiest, max(turns, key=lambda its: its[0])[1], "queue_full")

    def _shed(self, user: str, turn: asyncio.Future[None], reason: str) -> None:
        if not turn.done():
            self._gone(user)
            turn.set_exception(ShedError(reason))

    def _gone(self, user: str) -> None:
        self._waiting[user] -= 1
        if not self._waiting[user]:
            del self._waiting[user]
            if self._last_tags.get(user, 0.0) <= self._virtual:
                self._last_tags.pop(user, None)
        if not self._waiting:
            self._last_tags.clear()
            self._heap.clear()
            self._virtual = 0.0
