"""Server: a service's life: listen, announce, load, answer, drain. Its exit code says how it ended."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
from pathlib import Path
from time import perf_counter

import orjson
import uvloop
from aiohttp import web

from target_stub.app import make_app
from target_stub.artifacts import Artifacts
from target_stub.child import prepare_in_child
from target_stub.client_faults import ClientFaults
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.preparation import Prepared, Step, check, load
from target_stub.progress_bar import progress_bar
from target_stub.service import Service

BACKLOG = 1024  # connections that may wait to be accepted; 128 would refuse the generator's pool when it opens at once
WRITING_S = 1.0  # how long an answer that is computed may take to be sent when draining
DRAIN_POLL_S = 0.02
LINGERING_S = 2.0  # how long a refused body is read on, so that the client sees the refusal before the end
log = logging.getLogger(__name__)


def serve(config: Config, artifacts: Artifacts) -> int:
    """Serve until SIGTERM or SIGINT, then let running requests finish; return the exit code.

    Raises:
        ConfigError: when the port is taken, the corpus or a package is missing, or the cache cannot be written.
    """
    if config.announce:
        Path(config.announce).unlink(missing_ok=True)  # left by an earlier service, it would mislead who waits for it
    check(config)
    listening = bind(config.host, config.port)
    return uvloop.run(_live(config, artifacts, listening))


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, not yet listening.

    Raises:
        ConfigError: when it cannot be had, naming it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"there is no address {host!r}: {error.strerror}", hint="give --host 127.0.0.1") from error
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)  # here, since two sockets may be bound to a port, but only one may listen
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            what, hint = f"port {port} on {host} is taken", "stop what listens there, or give --port 0 for a free one"
        else:
            what, hint = f"cannot listen on {host}, port {port}: {error.strerror}", "give another --host or --port"
        raise ConfigError(what, hint=hint) from error
    return bound


def url_of(listening: socket.socket) -> str:
    """Return the address to reach a listening socket by, from this machine."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (asked about, not listened on)
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104 (likewise)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(path: Path, url: str) -> None:
    """Write where the service listens and its process id; a reader sees all of it or no file.

    Raises:
        ConfigError: when the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(orjson.dumps({"url": url, "pid": os.getpid()}))
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", hint="give another --announce") from error


async def _live(config: Config, artifacts: Artifacts, listening: socket.socket) -> int:
    logging.getLogger("aiohttp.server").addFilter(ClientFaults())
    stop = _stop_signal()
    service = Service(config)
    runner = web.AppRunner(
        make_app(service),
        access_log=None,
        handler_cancellation=True,  # who has left is not computed for
        shutdown_timeout=WRITING_S,
        lingering_time=LINGERING_S,
    )
    await runner.setup()
    try:
        site = web.SockSite(runner, listening, backlog=BACKLOG)
        await site.start()
        url = url_of(listening)
        log.info("listening on %s, profile %s", url, config.profile)
        if config.announce:
            announce(Path(config.announce), url)
        code = await _until_told(stop, service, artifacts)
        service.readiness.draining = True
        await site.stop()
        await _drain(service)
    finally:
        await runner.cleanup()
    log.info("stopped")
    return code


async def _drain(service: Service) -> None:
    """Wait until no request is being answered, at most as long as the switch says.

    aiohttp's own shutdown would throw away the rest of a body that is still being sent, and so fail its request.
    """
    log.info("draining: %d requests are being answered", service.metrics.in_flight)
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + service.config.drain_timeout_s
    while service.metrics.in_flight and loop.time() < deadline_s:
        await asyncio.sleep(DRAIN_POLL_S)
    if service.metrics.in_flight:
        log.warning("%d requests are cut off", service.metrics.in_flight)


async def _until_told(stop: asyncio.Event, service: Service, artifacts: Artifacts) -> int:
    """Load, and answer until told to stop or loading fails; return the exit code."""
    loading = asyncio.create_task(_load(service, artifacts))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        if loading.done() and (code := loading.result()):
            return code
        await stopping
        return 0
    finally:
        for task in (loading, stopping):
            task.cancel()
        await asyncio.gather(loading, stopping, return_exceptions=True)


def _stop_signal() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets; the second one ends the process as usual."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def told() -> None:
        for number in signals:
            loop.remove_signal_handler(number)
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, told)
    return stop


async def _load(service: Service, artifacts: Artifacts) -> int:
    """Make the service ready, preparing first what is not on disk; return 0, or the exit code of the preparation."""
    started = perf_counter()
    prepared: Prepared | None = await asyncio.to_thread(load, service.config, artifacts)
    if prepared is None:
        code = await _prepare(service)
        if code:
            return code
        prepared = await asyncio.to_thread(load, service.config, artifacts)
        if prepared is None:
            raise ConfigError(
                f"what was just prepared in {artifacts.root} cannot be used",
                hint="did a file of the corpus change meanwhile? start again",
            )
    service.readiness.waits_for(Step.EMBEDDER)
    await service.take_in(prepared)
    gc.collect()
    gc.freeze()  # the corpus stays: no later collection need walk through it, at some 10 ms each time
    count = len(prepared.collection)
    log.info("ready: %d documents of %s, after %.1f s", count, prepared.collection.name, perf_counter() - started)
    return 0


async def _prepare(service: Service) -> int:
    with progress_bar() as draw:

        def tell(step: Step, done: int, total: int) -> None:
            service.readiness.waits_for(step, done, total)
            draw(step, done, total)

        return await prepare_in_child(service.config, tell)
