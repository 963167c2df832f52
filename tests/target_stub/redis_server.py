"""A real server that speaks Redis' protocol, as a child on a socket file, and a way to it that can be slowed down."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

PROGRAMS = [name for name in ("redis-server", "valkey-server") if shutil.which(name)]


class RedisServer:
    """The server; `stop` and `start` as often as wanted, on the same socket."""

    def __init__(self, folder: Path, program: str = "redis-server", *options: str) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self._command = [program, "--port", "0", "--unixsocket", str(self.socket), "--save", "", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, cwd=self.socket.parent)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return self

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, protocol=2)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


class SlowWay:
    """A socket that passes everything on to another one, answers `delay_s` later."""

    def __init__(self, folder: Path, to: Path) -> None:
        self.socket = folder / "slow.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.delay_s = 0.0
        self.connections = 0
        self._to = to
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.socket))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        serving = asyncio.current_task()
        if serving is not None:
            self._tasks.add(serving)
        their_reader, their_writer = await asyncio.open_unix_connection(str(self._to))
        there = asyncio.ensure_future(self._pass(reader, their_writer, slow=False))
        back = asyncio.ensure_future(self._pass(their_reader, writer, slow=True))
        self._tasks |= {there, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        try:
            while data := await reader.read(65_536):
                if slow:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
