"""Pool: the process that starts the workers, replaces those that die, and ends them all. It answers nobody itself."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import msgspec
import orjson

from target_stub.config import Config
from target_stub.listening import announce, reserve, url_of, write_whole
from target_stub.membership import WORKERS_FILE, Membership, WorkerReport

QUICK_S = 10.0  # a worker that dies sooner after its start has died of something that a restart does not mend
MAX_QUICK_DEATHS = 5
AGAIN_S = (0.1, 5.0)  # how long to wait before starting another: after the first death, and at most
POLL_S = 0.05
ASKED_S = 2.0
LATER_S = 3.0  # beyond the drain time-out: then a worker is killed
MISTAKE_EXIT_CODE = 2
FAILED_EXIT_CODE = 1
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Slot:
    worker: int
    process: asyncio.subprocess.Process | None = None
    url: str | None = None
    state: str = "starting"
    restarts: int = 0
    quick_deaths: int = 0


def serve_pool(config: Config, argv: Sequence[str]) -> int:
    """Serve with several processes until SIGTERM or SIGINT; `argv` is this command line, without the program.

    Raises:
        ConfigError: when the port is taken or a file cannot be written.
    """
    if config.announce:
        Path(config.announce).unlink(missing_ok=True)
    with reserve(config.host, config.port) as reserved, tempfile.TemporaryDirectory(prefix="tenfold-pool-") as folder:
        port = reserved.getsockname()[1]
        words = [*argv, f"--port={port}", "--announce=", f"--parent={os.getpid()}"]
        pool = Pool(config, url_of(reserved), words, Path(folder))
        try:
            return asyncio.run(pool.run())
        finally:
            if config.metrics_targets_file:
                Path(config.metrics_targets_file).unlink(missing_ok=True)


class Pool:
    """The workers of one port."""

    def __init__(self, config: Config, url: str, words: Sequence[str], folder: Path) -> None:
        self._config = config
        self._url = url
        self._words = words
        self._folder = folder
        self._slots = [_Slot(number) for number in range(config.workers)]
        self._ending = asyncio.Event()
        self._code = 0
        self._together = False  # whether all were ready once: from then on, a new one joins the port when it is ready

    async def run(self) -> int:
        """Keep the workers until told to end; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, 0)
        self._write()
        keeping = [asyncio.ensure_future(self._keep(slot)) for slot in self._slots]
        try:
            await self._ending.wait()
        finally:
            await self._end_workers()
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
        log.info("all workers have ended")
        return self._code

    def _end(self, code: int) -> None:
        if not self._ending.is_set():
            self._code = code
            self._ending.set()

    async def _keep(self, slot: _Slot) -> None:
        """Run one worker after the other in this slot."""
        wait_s = AGAIN_S[0]
        while not self._ending.is_set():
            began = monotonic()
            code = await self._run_one(slot)
            if self._ending.is_set():
                return
            slot.state, slot.url = "waiting", None
            slot.restarts += 1
            self._write()
            slot.quick_deaths = slot.quick_deaths + 1 if monotonic() - began < QUICK_S else 1
            wait_s = AGAIN_S[0] if slot.quick_deaths == 1 else min(2 * wait_s, AGAIN_S[1])
            if code == MISTAKE_EXIT_CODE or slot.quick_deaths >= MAX_QUICK_DEATHS:
                self._give_up(slot, code)
                return
            log.warning("worker %d ended with %s; starting another in %.1f s", slot.worker, _told(code), wait_s)
            await asyncio.sleep(wait_s)

    def _give_up(self, slot: _Slot, code: int) -> None:
        if code == MISTAKE_EXIT_CODE:  # which the worker has told in its two lines
            self._end(MISTAKE_EXIT_CODE)
            return
        sys.stderr.write(
            f"worker {slot.worker} died {slot.quick_deaths} times, each time within {QUICK_S:.0f} s of its start, "
            f"at last with {_told(code)}\n  the log above has its messages; try it alone with --workers 1\n"
        )
        self._end(FAILED_EXIT_CODE)

    async def _run_one(self, slot: _Slot) -> int:
        membership = Membership(slot.worker, self._folder, self._together)
        membership.announcement.unlink(missing_ok=True)
        slot.state = "starting"
        slot.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "target_stub", *self._words, f"--member={membership.told()}"),
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at a terminal reaches this process alone, which ends them in order
        )
        watching = asyncio.ensure_future(self._watch(slot, membership))
        try:
            return await slot.process.wait()
        finally:
            watching.cancel()

    async def _watch(self, slot: _Slot, membership: Membership) -> None:
        """Wait until a worker listens, and until it has loaded; let the first ones answer when all have."""
        while slot.url is None:
            await asyncio.sleep(POLL_S)
            if membership.announcement.exists():
                slot.url = orjson.loads(membership.announcement.read_bytes())["url"]
        self._write()
        if self._config.announce and not Path(self._config.announce).exists():
            announce(Path(self._config.announce), self._url)
        while not await _loaded(slot.url):
            await asyncio.sleep(POLL_S)
        slot.state = "ready"
        self._write()
        if not self._together and all(its.state == "ready" for its in self._slots):
            self._together = True
            for its in self._slots:
                if its.process is not None and its.process.returncode is None:
                    its.process.send_signal(signal.SIGUSR1)
            log.info("%d workers serve %s", len(self._slots), self._url)

    async def _end_workers(self) -> None:
        running = [slot.process for slot in self._slots if slot.process is not None]
        for process in running:
            if process.returncode is None:
                process.terminate()
        try:
            async with asyncio.timeout(self._config.drain_timeout_s + LATER_S):
                await asyncio.gather(*(process.wait() for process in running))
        except TimeoutError:
            log.warning("workers that did not end in time are killed")
            for process in running:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    def _write(self) -> None:
        """Write down the workers for themselves, and their addresses for Prometheus."""
        reports = [
            WorkerReport(its.worker, None if its.process is None else its.process.pid, its.url, its.state, its.restarts)
            for its in self._slots
        ]
        write_whole(self._folder / WORKERS_FILE, msgspec.json.encode(reports), "workers")
        if self._config.metrics_targets_file:
            write_targets(Path(self._config.metrics_targets_file), reports)


def write_targets(path: Path, reports: Sequence[WorkerReport]) -> None:
    """List the workers' addresses as Prometheus' file-based service discovery reads them.

    Raises:
        ConfigError: when the file cannot be written.
    """
    groups = [
        {"targets": [urlsplit(its.url).netloc], "labels": {"worker": str(its.worker)}} for its in reports if its.url
    ]
    write_whole(path, orjson.dumps(groups, option=orjson.OPT_INDENT_2), "metrics_targets_file")


async def _loaded(url: str) -> bool:
    """Return whether a worker has loaded, and waits at most for the others."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(ASKED_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
                said = await reader.read()
            finally:
                writer.close()
        told = orjson.loads(said.partition(b"\r\n\r\n")[2])
    except (OSError, TimeoutError, ValueError):
        return False
    return bool(told.get("ready")) or told.get("waiting_for") == "workers"


def _told(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
