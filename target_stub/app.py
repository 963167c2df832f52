"""App: the wiring of a service into an aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from target_stub.api import expected_requests
from target_stub.loop_lag import LoopLag
from target_stub.middleware import observing
from target_stub.routes import OPERATIONS, handlers
from target_stub.service import Service


def make_app(service: Service) -> web.Application:
    """Return the application of a service; it may be made ready before or after."""
    largest = service.config.max_body_bytes
    app = web.Application(
        middlewares=[observing(service.metrics, service.readiness, service.faults, service.gate, largest)],
        client_max_size=largest + 1,  # aiohttp refuses what reaches its limit, ours what is beyond it
    )
    by_name = handlers(service)
    for operation in OPERATIONS:
        if operation.method == "GET":  # and HEAD
            app.router.add_get(operation.pattern or operation.path, by_name[operation.handler])
        else:
            app.router.add_route(operation.method, operation.pattern or operation.path, by_name[operation.handler])
    service.metrics.expect(expected_requests(OPERATIONS))

    async def watch_the_loop(_: web.Application) -> AsyncIterator[None]:
        lag = LoopLag(service.metrics.loop_lag.observe, asyncio.get_running_loop())
        lag.start()
        await service.answerer.start()
        yield
        lag.stop()
        await service.close()

    app.cleanup_ctx.append(watch_the_loop)
    return app
