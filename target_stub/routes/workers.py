"""Worker routes: the processes behind the port."""

from __future__ import annotations

import msgspec
from aiohttp import web

from target_stub.api import JSON, Operation
from target_stub.membership import WorkerReport, read_workers
from target_stub.service import Service


class PoolReport(msgspec.Struct, frozen=True):
    """The processes behind the port, and the number of the one that answers."""

    answered_by: int
    workers: list[WorkerReport]


OPERATIONS = (Operation("GET", "/admin/workers", "workers", "The processes behind the port", answer=PoolReport),)


class WorkerRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def workers(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer which processes there are."""
        service = self._service
        report = PoolReport(service.worker, list(read_workers(service.membership, service.url)))
        return web.Response(body=msgspec.json.encode(report), headers={"Content-Type": JSON})
