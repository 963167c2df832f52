"""Workshop: files read in processes of their own, which end when they take too long, too much, or their parent ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from target_stub.ingest.chunking import ChunkSize
from target_stub.ingest.media import Media
from target_stub.ingest.parser import ParserLimits
from target_stub.ingest.reading import Order, Reading
from target_stub.ingest.unreadable import UnreadableError
from target_stub.ingest.workshop import Workshop

SIZE = ChunkSize(100, 20)
GIGABYTE = 1_000_000_000


@asynccontextmanager
async def workshop(
    processes: int = 1, timeout_s: float = 60, memory_bytes: int = 2 * GIGABYTE
) -> AsyncIterator[Workshop]:
    made = Workshop(processes=processes, timeout_s=timeout_s, memory_bytes=memory_bytes)
    try:
        yield made
    finally:
        await made.close()


def order(path: Path, content: bytes, media: Media = Media.TEXT) -> Order:
    path.write_bytes(content)
    return Order(str(path), media, "", SIZE, ParserLimits())


def nothing(done: int, total: int) -> None:
    """Take no notice."""


def test_files_are_read_one_after_another_by_one_process(tmp_path: Path, make_pdf: Any) -> None:
    """A file that cannot be read does not end it; progress is told; no process is left."""
    told: list[tuple[int, int]] = []
    pids = set()

    async def scenario() -> list[Reading]:
        async with workshop() as made:
            first = await made.read(order(tmp_path / "a", b"Title\n" + b"A sentence. " * 3000), nothing)
            pids.add(made._idle[0].pid)
            with pytest.raises(UnreadableError) as caught:
                await made.read(order(tmp_path / "b", b"\xff"), nothing)
            assert caught.value.code == "unreadable_text"
            pdf = make_pdf(["One.", "Two."], title="Paper")
            second = await made.read(order(tmp_path / "c", pdf, Media.PDF), lambda *its: told.append(its))
            pids.add(made._idle[0].pid)
            return [first, second]

    first, second = asyncio.run(scenario())
    assert first.title == "Title"
    assert len(first.chunks) > 300
    assert [(chunk.heading, chunk.text) for chunk in second.chunks] == [("page 1", "One."), ("page 2", "Two.")]
    assert told[-1] == (2, 2)
    (pid,) = pids
    assert not Path(f"/proc/{pid}").exists()


def test_a_file_that_takes_too_long_ends_its_process_and_no_other(tmp_path: Path) -> None:
    """The next order gets a new one."""
    slow = order(tmp_path / "slow", b"![a](" * 200_000, Media.MARKDOWN)  # quadratic in its library

    async def scenario() -> Reading:
        async with workshop(timeout_s=1.5) as made:
            with pytest.raises(UnreadableError, match=r"longer than 1\.5 s"):
                await made.read(slow, nothing)
            assert made._idle == []
            made._timeout_s = 60
            return await made.read(order(tmp_path / "quick", b"Words."), nothing)

    assert asyncio.run(scenario()).title == "Words."


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    """The limit is the kernel's; the process may be used again."""
    large = order(tmp_path / "large", b"word " * 2_000_000)

    async def scenario() -> None:
        async with workshop(memory_bytes=200_000_000) as made:
            with pytest.raises(UnreadableError) as caught:
                await made.read(large, nothing)
            assert caught.value.code in ("file_too_long", "unreadable_file")
            await made.read(order(tmp_path / "small", b"Words."), nothing)

    asyncio.run(scenario())


def test_a_process_that_dies_is_told_as_such(tmp_path: Path) -> None:
    """As a crash of a library would be."""

    async def scenario() -> None:
        async with workshop() as made:
            await made.read(order(tmp_path / "a", b"Words."), nothing)
            os.kill(made._idle[0].pid, signal.SIGSTOP)
            pid = made._idle[0].pid
            reading = asyncio.create_task(made.read(order(tmp_path / "b", b"Words."), nothing))
            await asyncio.sleep(0)
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(UnreadableError, match="ended the process"):
                await reading
            await made.read(order(tmp_path / "c", b"Words."), nothing)

    asyncio.run(scenario())


def test_who_stops_waiting_ends_the_reading(tmp_path: Path, wait_for: Callable[[Callable[[], object]], None]) -> None:
    """Nobody wants it any more."""
    slow = order(tmp_path / "slow", b"![a](" * 200_000, Media.MARKDOWN)

    async def scenario() -> int:
        async with workshop() as made:
            await made.read(order(tmp_path / "a", b"Words."), nothing)
            pid = made._idle[0].pid
            reading = asyncio.create_task(made.read(slow, nothing))
            while made._idle:
                await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            return pid

    pid = asyncio.run(scenario())
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_files_are_read_side_by_side(tmp_path: Path) -> None:
    """As many at one time as there are processes."""

    async def scenario() -> list[Reading]:
        async with workshop(processes=2) as made:
            orders = [order(tmp_path / str(number), f"Title {number}\nText.".encode()) for number in range(6)]
            readings = await asyncio.gather(*(made.read(each, nothing) for each in orders))
            assert len(made._idle) == 2
            return readings

    assert [reading.title for reading in asyncio.run(scenario())] == [f"Title {number}" for number in range(6)]
