"""Server: a service's life: listen, announce, load, answer, drain. Its exit code says how it ended."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from pathlib import Path
from time import perf_counter

import uvloop
from aiohttp import web

from target_stub.app import make_app
from target_stub.artifacts import Artifacts
from target_stub.child import prepare_in_child
from target_stub.client_faults import ClientFaults
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.listening import BACKLOG, announce, bind, url_of
from target_stub.membership import Membership, WorkerReport
from target_stub.pool import write_targets
from target_stub.preparation import Prepared, Step, check, load
from target_stub.progress_bar import progress_bar
from target_stub.service import Service

WRITING_S = 1.0  # how long an answer that is computed may take to be sent when draining
DRAIN_POLL_S = 0.02
LINGERING_S = 2.0  # how long a refused body is read on, so that the client sees the refusal before the end
log = logging.getLogger(__name__)


def serve(config: Config, artifacts: Artifacts, membership: Membership | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then let running requests finish; return the exit code.

    A member of a pool shares the port with the others, and is reached alone on a second one.

    Raises:
        ConfigError: when the port is taken, the corpus or a package is missing, or the cache cannot be written.
    """
    if config.announce:
        Path(config.announce).unlink(missing_ok=True)  # left by an earlier service, it would mislead who waits for it
    check(config)
    _ = config.batch_buckets, config.embedder_addresses  # a mistake in them is told before anything is prepared
    listening = bind(config.host, config.port, shared=membership is not None)
    return uvloop.run(_live(config, artifacts, listening, membership))


async def _live(config: Config, artifacts: Artifacts, listening: socket.socket, membership: Membership | None) -> int:
    logging.getLogger("aiohttp.server").addFilter(ClientFaults())
    stop = stop_signal()
    service = Service(config, membership, artifacts)
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
        service.url = url_of(listening)
        joining = None
        if membership is None:
            await site.start()
            _tell(config, service.url)
        else:
            joining = await _join(runner, site, service, membership)
        code = await _until_told(stop, service, artifacts)
        service.readiness.draining = True
        if joining is not None:
            joining.cancel()
        for its in tuple(runner.sites):
            await its.stop()
        await _drain(service)
    finally:
        await runner.cleanup()
    log.info("stopped")
    return code


def _tell(config: Config, url: str) -> None:
    """Say where the service listens: to the log, to who waits for it, and to Prometheus."""
    log.info("listening on %s, profile %s", url, config.profile)
    if config.announce:
        announce(Path(config.announce), url)
    if config.metrics_targets_file:
        write_targets(Path(config.metrics_targets_file), [WorkerReport(0, None, url, "starting", 0)])


async def _join(
    runner: web.AppRunner, site: web.SockSite, service: Service, membership: Membership
) -> asyncio.Task[None] | None:
    """Listen on a port of one's own at once, and on the shared one: a replacement only when it can answer.

    The first members share it from the start, and are ready when the pool says that all have loaded.
    """
    own = bind(service.config.host, 0)
    await web.SockSite(runner, own, backlog=BACKLOG).start()
    service.url = url_of(own)
    if not membership.replacement:
        service.readiness.waits_for_others = True
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, service.readiness.others_are_ready)
        await site.start()
    announce(membership.announcement, service.url)
    log.info("worker %d is reached alone on %s", membership.worker, service.url)
    if not membership.replacement:
        return None

    async def when_ready() -> None:
        while not service.readiness.ready:
            await asyncio.sleep(DRAIN_POLL_S)
        await site.start()

    return asyncio.ensure_future(when_ready())


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


def stop_signal() -> asyncio.Event:
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
