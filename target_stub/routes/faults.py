"""Fault routes: break the service on purpose, see how it is broken, mend it."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from aiohttp import web

from target_stub.admin_access import check_admin
from target_stub.api import JSON, Operation
from target_stub.decoding import SMALL_BODY_BYTES, decode
from target_stub.faults.wanted import FaultReport, WantedFaults
from target_stub.json_body import json_body
from target_stub.request_error import RequestError
from target_stub.service import Service

PATH = "/admin/faults"
OPERATIONS = (
    Operation("GET", PATH, "faults", "The faults in force", answer=FaultReport, errors=(401, 403)),
    Operation(
        "PUT",
        PATH,
        "set_faults",
        "Put faults in force, instead of those before; they end by themselves",
        answer=FaultReport,
        request=WantedFaults,
        errors=(400, 401, 403, 413, 415),
    ),
    Operation("DELETE", PATH, "clear_faults", "End all faults", answer=FaultReport, errors=(401, 403)),
)
log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(WantedFaults)


class FaultRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def faults(self, request: web.Request) -> web.Response:
        """Answer what is in force."""
        self._check(request)
        return self._report()

    async def set_faults(self, request: web.Request) -> web.Response:
        """Put faults in force."""
        self._check(request)
        wanted = decode(_decoder, await json_body(request, SMALL_BODY_BYTES))
        self._service.faults.set(wanted)
        log.warning("faults asked for: %s, for %g s", ", ".join(wanted.names()) or "none", wanted.expires_s)
        return self._report()

    async def clear_faults(self, request: web.Request) -> web.Response:
        """End all faults."""
        self._check(request)
        self._service.faults.clear()
        log.warning("faults ended on request")
        return self._report()

    def _check(self, request: web.Request) -> None:
        check_admin(request.headers, self._service.config.admin_token)
        if not self._service.config.faults:
            raise RequestError(
                HTTPStatus.FORBIDDEN,
                "faults_off",
                "this service does not let itself be broken; start it with --faults",
            )

    def _report(self) -> web.Response:
        body = msgspec.json.encode(self._service.faults.report())
        return web.Response(body=body, headers={"Content-Type": JSON})
