"""Page routes: the search page for people, its parts, and the worker that keeps it when the network is away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from aiohttp import web

from target_stub import schema
from target_stub.api import JSON, Operation
from target_stub.home import routes_list
from target_stub.page_files import PageFile, PageFiles
from target_stub.request_error import RequestError
from target_stub.service import Service

HTML, SCRIPT, STYLES = "text/html", "text/javascript", "text/css"
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"  # the address has the version in it
ASKED_AGAIN = "no-cache"  # kept, but asked for by its tag each time
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # so no text can become markup, whatever the scripts do
        "trusted-types service-worker",  # the one address that a script must give to the browser
    )
)
SAFETY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PACKED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
PAGE_HEADER = "X-Tenfold-Page"  # the worker knows by it whether the page at this address is still ours
OPERATIONS = (
    Operation(
        "GET",
        "/",
        "page",
        "The search page for those who accept HTML; the routes for programs",
        answer=schema.Home,
        other_media=(HTML,),
    ),
    Operation(
        "GET",
        "/page/{version}/{name}",
        "page_part",
        "A part of the search page: script, styles, icon",
        media=SCRIPT,
        errors=(404,),
        other_media=(STYLES, "image/svg+xml"),
    ),
    Operation(
        "GET",
        "/service-worker.js",
        "page_worker",
        "The search page's service worker: keeps the page and recent answers for when the network is away",
        media=SCRIPT,
    ),
)


class PageRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service, operations: Sequence[Operation]) -> None:
        self._files = PageFiles.read(service.config)
        self._routes = orjson.dumps(routes_list(operations))

    async def page(self, request: web.Request) -> web.Response:
        """Answer the search page to a browser, the routes to anything else."""
        if HTML not in request.headers.get("Accept", ""):
            return web.Response(body=self._routes, headers={"Content-Type": JSON, "Vary": "Accept"})
        headers = {"Cache-Control": ASKED_AGAIN, "Vary": "Accept", PAGE_HEADER: self._files.version}
        return _sent(request, self._files.shell, headers)

    async def page_part(self, request: web.Request) -> web.Response:
        """Answer one of the page's files, of this version only: parts of two versions would not fit each other."""
        part = self._files.assets.get(request.match_info["name"])
        if part is None or request.match_info["version"] != self._files.version:
            message = f"the search page of this version has no part at {request.path}; load / again"
            raise RequestError(HTTPStatus.NOT_FOUND, "not_found", message)
        return _sent(request, part, {"Cache-Control": KEPT_FOR_GOOD})

    async def page_worker(self, request: web.Request) -> web.Response:
        """Answer the service worker."""
        return _sent(request, self._files.worker, {"Cache-Control": ASKED_AGAIN})


def _sent(request: web.Request, file: PageFile, headers: Mapping[str, str]) -> web.Response:
    """Return the file, packed for those who unpack, or only that it has not changed."""
    packed = PACKED.search(request.headers.get("Accept-Encoding", "")) is not None
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    tag = f"{file.tag}-gzip" if packed else file.tag  # another encoding is another representation (RFC 9110, 8.8.3)
    told = {**SAFETY, **headers, "Vary": vary, "ETag": f'"{tag}"'}
    if any(its.value in (tag, "*") for its in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=told)
    told["Content-Type"] = file.media
    if packed:
        return web.Response(body=file.packed, headers={**told, "Content-Encoding": "gzip"})
    return web.Response(body=file.body, headers=told)
