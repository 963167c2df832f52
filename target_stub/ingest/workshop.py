"""Workshop: reader processes at the service's hand. One that takes too long is ended; the next order gets a new one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import msgspec

from target_stub.ingest.chunk import Chunk
from target_stub.ingest.parser import Progress
from target_stub.ingest.reader_process import LENGTH_BYTES, Answer, Failed, Finished, Pieces, Told
from target_stub.ingest.reading import Order, Reading
from target_stub.ingest.unreadable import UnreadableError

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # none is needed, and each reserves memory

_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class Workshop:
    """Up to `processes` files are read at one time; processes are started when they are needed, and kept."""

    def __init__(self, *, processes: int, timeout_s: float, memory_bytes: int) -> None:
        self._room = asyncio.Semaphore(processes)
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._idle: list[asyncio.subprocess.Process] = []
        self._closed = False

    async def read(self, order: Order, progress: Progress) -> Reading:
        """Return what a reader process reads; when this is cancelled, the process is ended.

        Raises:
            UnreadableError: when the file cannot be read, takes too long, or ends the process.
        """
        async with self._room:
            process = self._idle.pop() if self._idle else await self._start()
            whole = False
            try:
                async with asyncio.timeout(self._timeout_s):
                    reading = await _ask(process, order, progress)
                whole = True
                return reading
            except UnreadableError:
                whole = True
                raise
            except TimeoutError as error:
                detail = f"reading the file takes longer than {self._timeout_s:g} s"
                raise UnreadableError("file_too_long", detail) from error
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise UnreadableError("unreadable_file", "reading the file ended the process that read it") from error
            finally:
                if whole and not self._closed and process.returncode is None:
                    self._idle.append(process)
                else:
                    await _end(process)

    async def close(self) -> None:
        """End all processes."""
        self._closed = True
        while self._idle:
            await _end(self._idle.pop())

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "target_stub.ingest.reader_process", str(os.getpid()), str(self._memory_bytes)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
        )


async def _ask(process: asyncio.subprocess.Process, order: Order, progress: Progress) -> Reading:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    content = msgspec.msgpack.encode(order)
    process.stdin.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
    await process.stdin.drain()
    chunks: list[Chunk] = []
    while True:
        length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
        match _decoder.decode(await process.stdout.readexactly(length)):
            case Told(done, total):
                progress(done, total)
            case Pieces(more):
                chunks += more
            case Finished(title):
                return Reading(title, tuple(chunks))
            case Failed(code, detail):
                raise UnreadableError(code, detail)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await asyncio.shield(process.wait())
