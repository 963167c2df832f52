"""Redis as a child process: a shared cache for the bundled service, on a free loopback port, kept in memory only."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import started

BINARY = "redis-server"
START_TIMEOUT_S = 15.0


def installed() -> bool:
    """Whether a Redis server can be started here."""
    return shutil.which(BINARY) is not None


class Redis:
    """A running server; nothing of it stays."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"redis://{LOOPBACK}:{port}/0"
        command = [BINARY, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--dir", str(folder)]
        self.child = Child("Redis", command, folder / "redis.log")
        started(self.child, "its port", lambda: _listens(port), START_TIMEOUT_S)

    def stop(self) -> None:
        """End the server."""
        self.child.stop()


def _listens(port: int) -> bool | None:
    with socket.socket() as probe:
        return True if probe.connect_ex((LOOPBACK, port)) == 0 else None
