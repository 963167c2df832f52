"""aiohttp with nothing around: what a request costs before the service's own middlewares. `python bare_app.py PORT`."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web


async def health(_: web.Request) -> web.Response:
    """Answer as the service's own probe does."""
    return web.Response(body=b'{"status":"ok"}', headers={"Content-Type": "application/json"})


async def serve(port: int) -> None:
    """Serve until ended."""
    app = web.Application()
    app.router.add_get("/healthz", health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
