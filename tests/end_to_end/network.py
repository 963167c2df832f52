"""Where the processes of a distributed test live: each worker in a network namespace of its own, or all on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from loadtests.services.ports import LOOPBACK


class Network(Protocol):
    """`address` is where the master and the target listen."""

    address: str

    def inside(self, worker: int) -> list[str]:
        """Words before a command that run it where that worker lives."""
        ...

    def cut(self, worker: int, pid: int) -> None:
        """Cut a worker off, so that nothing of it reaches the others; `pid` is its process."""
        ...

    def join(self, worker: int, pid: int) -> None:
        """Undo a cut."""
        ...


class Loopback:
    """All on one machine; a worker that is stopped stands for one that is cut off."""

    address = LOOPBACK

    def inside(self, _worker: int) -> list[str]:
        return []

    def cut(self, _worker: int, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)

    def join(self, _worker: int, pid: int) -> None:
        os.kill(pid, signal.SIGCONT)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20)


class Namespaces:
    """A bridge, and for each worker a namespace with a cable to it; needs the rights of root and iproute2."""

    def __init__(self, workers: int) -> None:
        own = os.getpid()
        self._bridge = f"tf{own}b"
        self._names = [f"tf{own}w{worker}" for worker in range(workers)]
        self._subnet = f"10.219.{own % 250 + 1}"
        self.address = f"{self._subnet}.1"

    def build(self) -> None:
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("addr", "add", f"{self.address}/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for worker, name in enumerate(self._names):
            _ip("netns", "add", name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", name, "master", self._bridge, "up")
            _ip("-n", name, "addr", "add", f"{self._subnet}.{worker + 10}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", name, "link", "set", "lo", "up")

    def remove(self) -> None:
        for words in (*(("netns", "del", name) for name in self._names), ("link", "del", self._bridge)):
            subprocess.run(["ip", *words], check=False, capture_output=True, timeout=20)

    def inside(self, worker: int) -> list[str]:
        return ["ip", "netns", "exec", self._names[worker]]

    def cut(self, worker: int, _pid: int) -> None:
        _ip("link", "set", self._names[worker], "down")

    def join(self, worker: int, _pid: int) -> None:
        _ip("link", "set", self._names[worker], "up")


@contextmanager
def network(workers: int) -> Iterator[Network]:
    """Namespaces when rights and tools allow, loopback otherwise."""
    spaces = Namespaces(workers)
    try:
        spaces.build()
    except (OSError, subprocess.SubprocessError):
        spaces.remove()
        yield Loopback()
        return
    try:
        yield spaces
    finally:
        spaces.remove()
