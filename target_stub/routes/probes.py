"""Probe routes: what orchestrators and Prometheus ask."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from target_stub import schema
from target_stub.api import JSON, Operation
from target_stub.json_body import json_reply
from target_stub.service import Service

OPERATIONS = (
    Operation("GET", "/healthz", "alive", "Whether the process answers", answer=schema.Alive),
    Operation(
        "GET",
        "/readyz",
        "ready",
        "Whether searches are answered, and what is waited for",
        answer=schema.Readiness,
        errors=(503,),
        refusal=schema.Readiness,
    ),
    Operation(
        "GET", "/metrics", "metrics", "Prometheus' metrics, in its text format or OpenMetrics", media="text/plain"
    ),
)


class ProbeRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer that the process answers."""
        return web.Response(body=b'{"status":"ok"}', headers={"Content-Type": JSON})

    async def ready(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer whether searches are answered."""
        readiness = self._service.readiness
        status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return json_reply(readiness.to_json(), status)

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        body, content_type = self._service.metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type, "X-Worker": str(self._service.worker)})
