"""About routes: what runs here and how it is asked."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from aiohttp import web

from target_stub import schema
from target_stub.api import JSON, Operation
from target_stub.home import home_page, routes_list
from target_stub.json_body import json_reply
from target_stub.openapi import openapi_document
from target_stub.problem_types import PROBLEM_TYPES, PROBLEMS_PATH
from target_stub.problems_page import problems_page
from target_stub.service import Service, version_of

OPERATIONS = (
    Operation(
        "GET", "/admin/config", "config", "What runs here: switches, corpus, versions", answer=schema.ConfigReport
    ),
    Operation("GET", "/openapi.json", "openapi", "This API in OpenAPI 3.1", media=JSON),
    Operation(
        "GET",
        PROBLEMS_PATH,
        "problems",
        "The kinds of problems that an error's `type` names; as a page for those who accept HTML",
        answer=schema.ProblemList,
    ),
    Operation("GET", "/routes", "home", "The routes; as a page for those who accept HTML", answer=schema.Home),
)


class AboutRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service, operations: Sequence[Operation]) -> None:
        self._service = service
        self._operations = operations
        self._openapi = orjson.dumps(openapi_document(operations, version_of("tenfold")))
        kinds = [
            {"code": code, "title": kind.title, "described": kind.described} for code, kind in PROBLEM_TYPES.items()
        ]
        self._problems = orjson.dumps({"problems": kinds})
        self._home = orjson.dumps(routes_list(operations))

    async def config(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer what runs here."""
        return json_reply(self._service.report())

    async def openapi(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer the API's description."""
        return web.Response(body=self._openapi, headers={"Content-Type": JSON})

    async def problems(self, request: web.Request) -> web.Response:
        """Answer the kinds of problems, as a page to a browser that follows an error's `type`."""
        if "text/html" not in request.headers.get("Accept", ""):
            return web.Response(body=self._problems, headers={"Content-Type": JSON, "Vary": "Accept"})
        return _page(problems_page(PROBLEM_TYPES))

    async def home(self, request: web.Request) -> web.Response:
        """Answer the list of routes, as a page to a browser."""
        if "text/html" not in request.headers.get("Accept", ""):
            return web.Response(body=self._home, headers={"Content-Type": JSON, "Vary": "Accept"})
        readiness = self._service.readiness.to_json()
        state = "Ready." if readiness["ready"] else f"Not ready, waiting for: {readiness['waiting_for']}."
        return _page(home_page(self._operations, state, str(request.url.origin())))


def _page(text: str) -> web.Response:
    return web.Response(body=text.encode(), headers={"Content-Type": "text/html; charset=utf-8", "Vary": "Accept"})
