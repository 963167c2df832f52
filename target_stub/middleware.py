"""Middleware: what happens around every request: its id, its time, its metrics, and its errors as problem details."""

from __future__ import annotations

import logging
import re
import secrets
from functools import partial
from http import HTTPStatus
from itertools import count
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Middleware

from target_stub.api import CLIENT_LEFT, REQUEST_ID, UNMATCHED, Handler
from target_stub.errors import UnavailableError
from target_stub.faults.faults import Faults
from target_stub.metrics import Metrics
from target_stub.protection.gate import Gate
from target_stub.readiness import Readiness
from target_stub.request_error import PROBLEM_JSON, RequestError, body_too_large

SANE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
JOBS = "/api/jobs"  # who waits for a job does no work, and takes no turn
API = "/api/"  # what faults befall: probes and administration stay whole
RETRY_AFTER_S = "1"
UNCOUNTED = "/metrics"  # a scrape is not traffic
log = logging.getLogger(__name__)


class RequestIds:
    """Gives each request an id: its own where that is a sane token, else one that no other process gives."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(6)
        self._numbers = count(1)

    def of(self, request: web.Request) -> str:
        """Return the request's id."""
        own = request.headers.get("X-Request-ID")
        if own is not None and SANE_ID.fullmatch(own):
            return own
        return f"{self._prefix}-{next(self._numbers):x}"


def request_id_of(request: web.Request) -> str:
    """Return the id that a request has here."""
    return request[REQUEST_ID]


def observing(
    metrics: Metrics, readiness: Readiness, faults: Faults, gate: Gate | None, max_body_bytes: int
) -> Middleware:
    """Return the middleware that observes every request of the service with these metrics."""
    ids = RequestIds()

    async def through_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
        if faults.now is None:
            return await handler(request)
        return await faults.now.handle(request, handler, faults.leaving)

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = perf_counter()
        request_id = request[REQUEST_ID] = ids.of(request)
        traffic = request.path != UNCOUNTED
        metrics.in_flight += traffic
        status = CLIENT_LEFT
        try:
            try:
                if (gate is None and faults.now is None) or not request.path.startswith(API):
                    response = await handler(request)
                elif gate is None or request.path.startswith(JOBS):
                    response = await through_faults(request, handler)
                else:
                    response = await gate.handle(request, partial(through_faults, handler=handler))
            except Exception as error:  # noqa: BLE001 (every error is answered, the unforeseen ones logged)
                response = _answer_to(error, request, request_id, max_body_bytes)
            status = response.status
        finally:
            seconds = perf_counter() - started
            metrics.in_flight -= traffic
            if traffic:
                resource = request.match_info.route.resource
                route = UNMATCHED if resource is None else resource.canonical
                metrics.request(route, request.method, status).observe(seconds)
        if readiness.draining:
            response.force_close()  # else a client would go on using the connection until it is cut
        headers = response.headers
        headers["X-Request-ID"] = request_id
        headers["X-Response-Time"] = f"{seconds * 1e3:.2f}ms"
        return response

    return observe


def _answer_to(error: Exception, request: web.Request, request_id: str, max_body_bytes: int) -> web.Response:
    refusal = _refusal(error, request, max_body_bytes)
    if refusal is None:
        log.error("request %s %s %s failed", request_id, request.method, request.path, exc_info=error)
        message = f"the service failed; its log has more under the request id {request_id}"
        refusal = RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
    headers = {"Content-Type": PROBLEM_JSON, **refusal.headers}
    return web.Response(body=refusal.body(request_id), status=refusal.status, headers=headers)


def _refusal(error: Exception, request: web.Request, max_body_bytes: int) -> RequestError | None:
    """Return how to tell an error that is the client's, or None for one that is ours."""
    match error:
        case RequestError():
            return error
        case web.HTTPRequestEntityTooLarge():
            return body_too_large(max_body_bytes)
        case web.HTTPMethodNotAllowed():
            allowed = sorted(error.allowed_methods)
            message = f"{request.path} does not take {request.method}"
            headers = {"Allow": ", ".join(allowed)}
            return RequestError(error_status(error), "method_not_allowed", message, known=allowed, headers=headers)
        case web.HTTPNotFound():
            message = f"there is nothing at {request.path}; the routes are listed at /routes"
            return RequestError(error_status(error), "not_found", message)
        case web.HTTPException() if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return RequestError(error_status(error), "bad_request", error.reason)
        case UnavailableError():
            return RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", str(error), headers={"Retry-After": RETRY_AFTER_S}
            )
        case web.RequestPayloadError():
            return RequestError(HTTPStatus.BAD_REQUEST, "invalid_body", "the body is cut short or wrongly encoded")
    return None


def error_status(error: web.HTTPException) -> HTTPStatus:
    """Return the status of an aiohttp exception."""
    return HTTPStatus(error.status)
