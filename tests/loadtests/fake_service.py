"""A stand-in for a search service whose every answer is known: run as `python fake_service.py PORT [DELAY_MS [HOST]]`.

It answers after a fixed delay with ten made-up ids, counts requests, and lists 3 000 documents.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

DOCUMENTS = [
    {"id": f"doc-{number}", "title": f"Document number {number} about things", "package": "fake", "kind": "text"}
    for number in range(3000)
]

RESULTS = [{"id": f"doc-{rank}", "score": 1.0, "title": f"Document number {rank}"} for rank in range(10)]


def make_app(delay_s: float = 0.0) -> web.Application:
    """Return the application; `app['counted']` holds the number of searches."""
    app = web.Application()
    counted = {"searches": 0}

    async def search(request: web.Request) -> web.Response:
        await request.read()
        counted["searches"] += 1
        if delay_s:
            await asyncio.sleep(delay_s)
        return web.json_response({"results": RESULTS})

    async def documents(request: web.Request) -> web.Response:
        start = int(request.query.get("cursor", "0"))
        end = start + int(request.query.get("limit", "100"))
        following = str(end) if end < len(DOCUMENTS) else None
        return web.json_response({"documents": DOCUMENTS[start:end], "next": following, "total": len(DOCUMENTS)})

    async def document(request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "title": "A document"})

    async def metrics(_: web.Request) -> web.Response:
        name = "http_server_request_duration_seconds"
        labels = '{route="/api/search",method="POST",code="200"}'
        text = f"# TYPE {name} histogram\n{name}_count{labels} {counted['searches']}\n{name}_sum{labels} 1\n"
        return web.Response(text=text)

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app.add_routes(
        [
            web.post("/api/search", search),
            web.get("/api/documents", documents),
            web.get("/api/documents/{id}", document),
            web.get("/metrics", metrics),
            web.get("/readyz", healthz),
            web.get("/healthz", healthz),
        ]
    )
    return app


if __name__ == "__main__":
    delay = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0
    where = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    web.run_app(make_app(delay), host=where, port=int(sys.argv[1]), print=None, access_log=None)
