"""Sides: the servers that benchmarks compare, as child processes on processors of their own."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from loadtests.services import search_service
from loadtests.services.child import Child, Priority
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from scenarios.scenario import Variant
from target_stub.command import ONE_THREAD
from tests.benchmarks.fastapi_side.environment import python_of_fastapi

HERE = Path(__file__).parent
READY_S = 120


class Side:
    """A running server: where it is reached, and its process."""

    def __init__(self, url: str, child: Child) -> None:
        self.url = url
        self.child = child

    def memory_mb(self) -> float:
        """Return what its processes hold for themselves together, without what they share, in MB."""
        process = psutil.Process(self.child.pid)
        return sum(its.memory_full_info().uss for its in [process, *process.children(recursive=True)]) / 1e6


@contextmanager
def ours(name: str, profile: str, switches: Mapping[str, Any], cpus: Sequence[int] = ()) -> Iterator[Side]:
    """Run the bundled service; what it needs on disk is prepared first."""
    variant = Variant(name, profile, dict(switches))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        search_service.prepare(variant, folder / "prepare.log", lambda _step, _done, _total: None)
        service = search_service.start(variant, folder, folder / "service.log", cpus)
        with service.child:
            search_service.wait_until_ready(service)
            yield Side(service.url, service.child)


@contextmanager
def fastapi(switches: Mapping[str, Any], cpus: Sequence[int] = ()) -> Iterator[Side]:
    """Run the same search in FastAPI and uvicorn."""
    flags = [f"--{name}={value}" for name, value in switches.items()]
    command = [str(python_of_fastapi()), str(HERE / "fastapi_side" / "app.py")]
    with _child("FastAPI", command, flags, cpus) as side:
        yield side


@contextmanager
def bare(cpus: Sequence[int] = ()) -> Iterator[Side]:
    """Run aiohttp with nothing around it."""
    with _child("bare aiohttp", [sys.executable, str(HERE / "bare_app.py")], [], cpus) as side:
        yield side


@contextmanager
def redis_server() -> Iterator[str | None]:
    """Run a Redis server and yield its address, or nothing where none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as place:
        socket, log = Path(place) / "redis.sock", Path(place) / "redis.log"
        command = [program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
        with Child("Redis", command, log) as child:
            wait_for(child, "its socket", socket.exists, READY_S)
            yield f"unix://{socket}?db=0"


@contextmanager
def _child(name: str, command: Sequence[str], flags: Sequence[str], cpus: Sequence[int]) -> Iterator[Side]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "side.log"
        words = [*command, str(port), *flags]
        with Child(name, words, log, environ=ONE_THREAD, cpus=cpus, priority=Priority.HIGH) as child:
            wait_for(child, "an answer", lambda: answers(f"{url}/healthz"), READY_S)
            yield Side(url, child)
