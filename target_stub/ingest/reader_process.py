"""Reader process: reads files on order, one after another, within its limits, and tells how far it is.

Run as `python -m target_stub.ingest.reader_process PARENT_PID MEMORY_BYTES`. Orders come in and answers go out as
frames: four bytes of length, big-endian, then MessagePack.
"""

from __future__ import annotations

import os
import resource
import sys
from time import monotonic
from typing import BinaryIO, TypeAlias

import msgspec

from target_stub.ingest.chunk import Chunk
from target_stub.ingest.reading import Order, read
from target_stub.ingest.unreadable import UnreadableError
from target_stub.workers import die_with_parent

LENGTH_BYTES = 4
CHUNKS_AT_ONCE = 200  # so that taking in a long text does not hold up an event loop
PROGRESS_PERIOD_S = 0.1


class Told(msgspec.Struct, frozen=True, tag=True):
    """Parts read, and their number."""

    done: int
    total: int


class Pieces(msgspec.Struct, frozen=True, tag=True):
    """Some of the chunks, in their order."""

    chunks: list[Chunk]


class Finished(msgspec.Struct, frozen=True, tag=True):
    """Everything was sent."""

    title: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The file cannot be read."""

    code: str
    detail: str


Answer: TypeAlias = Told | Pieces | Finished | Failed


def main() -> None:
    """Read files until there are no more orders."""
    die_with_parent(int(sys.argv[1]))
    memory_bytes = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # searches come first
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not come between the frames
    decoder = msgspec.msgpack.Decoder(Order)
    while frame := _frame(orders):
        _obey(decoder.decode(frame), answers)


def _obey(order: Order, answers: BinaryIO) -> None:
    next_s = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal next_s
        if done >= total or monotonic() >= next_s:
            next_s = monotonic() + PROGRESS_PERIOD_S
            _send(answers, Told(done, total))

    try:
        reading = read(order, tell)
        for start in range(0, len(reading.chunks), CHUNKS_AT_ONCE):
            _send(answers, Pieces(list(reading.chunks[start : start + CHUNKS_AT_ONCE])))
        _send(answers, Finished(reading.title))
    except UnreadableError as error:
        _send(answers, Failed(error.code, error.detail))
    except (MemoryError, RecursionError):
        _send(answers, Failed("file_too_long", "reading the file takes more memory than it may"))


def _frame(orders: BinaryIO) -> bytes:
    length = orders.read(LENGTH_BYTES)
    return orders.read(int.from_bytes(length, "big")) if length else b""


def _send(answers: BinaryIO, answer: Answer) -> None:
    content = msgspec.msgpack.encode(answer)
    answers.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
    answers.flush()


if __name__ == "__main__":
    main()
