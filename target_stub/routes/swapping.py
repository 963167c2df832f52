"""Swap routes: change the embedder or the index of a running service, and see how far that is."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from target_stub.admin_access import check_admin
from target_stub.api import Operation
from target_stub.config import SWITCHES
from target_stub.decoding import SMALL_BODY_BYTES, decode
from target_stub.errors import ConfigError
from target_stub.json_body import json_body, json_reply
from target_stub.request_error import RequestError, bad_request
from target_stub.service import Service
from target_stub.swapping import SWAPPABLE, SwapState, UnderWayError

PATH = "/admin/swap"


def _field(name: str) -> tuple[str, Any, Any]:
    """Return a switch as an optional field with its bounds."""
    switch = SWITCHES[name]
    described, known, low, high = (switch.metadata[fact] for fact in ("described", "known", "low", "high"))
    kind: Any = Literal[known] if known else type(switch.default)
    bounds = {"ge": low, "le": high} if low is not None else {}
    return name, Annotated[kind, Meta(description=described, **bounds)] | UnsetType, UNSET


WantedSwap = msgspec.defstruct(
    "WantedSwap", [_field(name) for name in SWAPPABLE], frozen=True, forbid_unknown_fields=True
)
WantedSwap.__doc__ = "The switches to change; what is not given stays."


class SwapReport(msgspec.Struct, frozen=True):
    """How far the last swap is, and what is searched now."""

    state: Literal["none", "preparing", "loading", "warming", "done", "failed"]
    changes: dict[str, Any]
    step: Annotated[str, Meta(description="of the preparation: corpus, vectors, index")]
    done: int
    total: int
    seconds: float
    error: Annotated[str, Meta(description="why it failed; the service goes on with what it had")]
    version: Annotated[str | None, Meta(description="of documents, embedder and index; null while loading")]
    releasing: Annotated[int, Meta(description="former collections that requests still use")]


OPERATIONS = (
    Operation("GET", PATH, "swap", "How far the last swap is", answer=SwapReport),
    Operation(
        "POST",
        PATH,
        "begin_swap",
        "Change embedder or index while searches go on",
        answer=SwapReport,
        status=202,
        request=WantedSwap,
        errors=(400, 401, 403, 409, 413, 415, 503),
    ),
)
_decoder = msgspec.json.Decoder(WantedSwap)


class SwapRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def swap(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer how far it is."""
        return json_reply(self._report())

    async def begin_swap(self, request: web.Request) -> web.Response:
        """Begin a swap."""
        check_admin(request.headers, self._service.config.admin_token)
        self._service.ready_search()
        wanted = decode(_decoder, await json_body(request, SMALL_BODY_BYTES))
        given = {name: getattr(wanted, name) for name in SWAPPABLE}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        if not changes:
            raise bad_request("missing_field", "nothing to change is given", known=SWAPPABLE)
        try:
            await self._service.swapping.begin(self._service.config, changes)
        except UnderWayError as error:
            message = f"another swap is under way; GET {PATH} says how far it is"
            raise RequestError(HTTPStatus.CONFLICT, "conflict", message) from error
        except ConfigError as error:
            raise bad_request("unusable_switches", " ".join((error.what, error.hint))) from error
        return json_reply(self._report(), HTTPStatus.ACCEPTED)

    def _report(self) -> dict[str, Any]:
        service = self._service
        told = asdict(service.swapping.progress)
        told["state"] = SwapState(told["state"]).value
        version = None if service.search is None else service.search.collection.version
        return {**told, "version": version, "releasing": service.releasing}
