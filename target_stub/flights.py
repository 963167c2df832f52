"""Flights: computations under way by key, so that equal requests at one time share one (single flight)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


@dataclass(slots=True)
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    waiting: int


class Flights(Generic[Key, Result]):
    """Computations under way. One goes on while anybody waits for it, and is cancelled with the last who leaves."""

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Result]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def share(self, key: Key, compute: Callable[[], Awaitable[Result]]) -> tuple[Result, bool]:
        """Return the result of the computation under way for the key, else of a new one; and whether it was shared.

        An error of the computation is raised to all who wait for it, and nothing is kept of it.
        """
        flight = self._flights.get(key)
        joined = flight is not None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(compute()), 0)
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), joined
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._forget(key, flight)  # who comes now must not join one that is being cancelled

    def _forget(self, key: Key, flight: _Flight[Result]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
