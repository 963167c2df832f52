"""App: the wiring of a service into an aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from target_stub.api import OPERATIONS, expected_requests
from target_stub.loop_lag import LoopLag
from target_stub.middleware import observing
from target_stub.routes import Routes
from target_stub.service import Service


def make_app(service: Service) -> web.Application:
    """Return the application of a service; it may be made ready before or after."""
    largest = service.config.max_body_bytes
    app = web.Application(
        middlewares=[observing(service.metrics, service.readiness, largest)],
        client_max_size=largest + 1,  # aiohttp refuses what reaches its limit, ours what is beyond it
    )
    routes = Routes(service)
    for operation in OPERATIONS:
        handler = getattr(routes, operation.handler)
        add = app.router.add_get if operation.method == "GET" else app.router.add_post
        add(operation.path, handler)
    service.metrics.expect(expected_requests())

    async def watch_the_loop(_: web.Application) -> AsyncIterator[None]:
        lag = LoopLag(service.metrics.loop_lag.observe, asyncio.get_running_loop())
        lag.start()
        yield
        lag.stop()
        service.close()

    app.cleanup_ctx.append(watch_the_loop)
    return app
