"""Flights: equal computations at one time are one, and end with the last who waits."""

from __future__ import annotations

import asyncio

import pytest

from target_stub.flights import Flights


class Computation:
    """A computation that ends when it is told to, and counts its runs."""

    def __init__(self) -> None:
        self.runs = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.result: object = "result"

    async def __call__(self) -> object:
        self.runs += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_equal_requests_share_one_computation() -> None:
    """The first computes, the others are told that they shared."""

    async def scenario() -> None:
        flights: Flights[str, object] = Flights()
        computation = Computation()
        tasks = [asyncio.create_task(flights.share("key", computation)) for _ in range(5)]
        await settle()
        computation.gate.set()
        answers = await asyncio.gather(*tasks)
        assert answers == [("result", False), *[("result", True)] * 4]
        assert computation.runs == 1
        assert len(flights) == 0

    asyncio.run(scenario())


def test_other_keys_and_later_requests_compute_for_themselves() -> None:
    """Sharing is for what is equal and at one time."""

    async def scenario() -> None:
        flights: Flights[str, object] = Flights()
        computation = Computation()
        computation.gate.set()
        both = await asyncio.gather(flights.share("a", computation), flights.share("b", computation))
        assert both == [("result", False)] * 2
        assert await flights.share("a", computation) == ("result", False)
        assert computation.runs == 3

    asyncio.run(scenario())


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    """A failure is not an answer: the next request tries again."""

    async def scenario() -> None:
        flights: Flights[str, object] = Flights()
        computation = Computation()
        computation.result = RuntimeError("broken")
        tasks = [asyncio.create_task(flights.share("key", computation)) for _ in range(3)]
        await settle()
        computation.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [str(answer) for answer in answers] == ["broken"] * 3
        computation.result = "mended"
        assert await flights.share("key", computation) == ("mended", False)

    asyncio.run(scenario())


def test_who_leaves_does_not_take_the_answer_from_the_others() -> None:
    """The first to ask may hang up; those who joined still get the answer."""

    async def scenario() -> None:
        flights: Flights[str, object] = Flights()
        computation = Computation()
        first, second = (asyncio.create_task(flights.share("key", computation)) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        computation.gate.set()
        assert await second == ("result", True)
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (computation.runs, computation.cancelled) == (1, 0)

    asyncio.run(scenario())


def test_a_computation_ends_with_the_last_who_waits() -> None:
    """Nothing is computed for nobody, and who comes then starts anew."""

    async def scenario() -> None:
        flights: Flights[str, object] = Flights()
        computation = Computation()
        tasks = [asyncio.create_task(flights.share("key", computation)) for _ in range(2)]
        await settle()
        for task in tasks:
            task.cancel()
        late = asyncio.create_task(flights.share("key", computation))
        await settle()
        assert computation.cancelled == 1
        computation.gate.set()
        assert await late == ("result", False)
        assert computation.runs == 2
        assert len(flights) == 0

    asyncio.run(scenario())
