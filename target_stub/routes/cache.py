"""Cache routes: what the caches hold, and forgetting it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from target_stub.admin_access import check_admin
from target_stub.api import JSON, Operation
from target_stub.cache import Selection
from target_stub.decoding import SMALL_BODY_BYTES, decode
from target_stub.json_body import json_body
from target_stub.query import MAX_QUERY_CHARS, normal_form
from target_stub.request_error import bad_request
from target_stub.service import Service

PATH = "/admin/cache"
Words = Annotated[str, Meta(min_length=1, max_length=MAX_QUERY_CHARS)]


class ForgetRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which answers to forget: those to one query, to queries that begin so, or, with neither, all."""

    query: Words | None = None
    prefix: Words | None = None


class LevelReport(Struct, frozen=True):
    """One level of the cache; of l2, what its server says, which may serve others too."""

    level: str
    entries: int
    bytes: int


class CacheReport(Struct, frozen=True):
    """The levels of the cache, and what was forgotten (null where a level did not answer)."""

    cache: str
    levels: list[LevelReport]
    forgotten: dict[str, int | None] | None = None


PARAMETERS = {
    "query": {"description": "only the answers to this query", "schema": {"type": "string"}},
    "prefix": {"description": "only the answers to queries that begin so", "schema": {"type": "string"}},
}
OPERATIONS = (
    Operation("GET", PATH, "cache", "What the caches hold", answer=CacheReport),
    Operation(
        "POST",
        PATH,
        "forget_answers",
        "Forget answers, in every process",
        answer=CacheReport,
        request=ForgetRequest,
        errors=(400, 401, 403, 413, 415),
    ),
    Operation(
        "DELETE",
        PATH,
        "delete_answers",
        "Forget answers, in every process",
        answer=CacheReport,
        parameters=PARAMETERS,
        errors=(400, 401, 403),
    ),
)
_decoder = msgspec.json.Decoder(ForgetRequest)


class CacheRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def cache(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer what the caches hold."""
        return self._report()

    async def forget_answers(self, request: web.Request) -> web.Response:
        """Forget the answers that a body names."""
        check_admin(request.headers, self._service.config.admin_token)
        wanted = decode(_decoder, await json_body(request, SMALL_BODY_BYTES))
        return await self._forget(wanted.query, wanted.prefix)

    async def delete_answers(self, request: web.Request) -> web.Response:
        """Forget the answers that the parameters name."""
        check_admin(request.headers, self._service.config.admin_token)
        for name in request.query:
            if name not in PARAMETERS:
                raise bad_request(
                    "unknown_field", f"there is no parameter {name!r}", field=f"/{name}", known=[*PARAMETERS]
                )
        return await self._forget(request.query.get("query"), request.query.get("prefix"))

    async def _forget(self, query: str | None, prefix: str | None) -> web.Response:
        if query is not None and prefix is not None:
            raise bad_request("out_of_range", "give a query or a prefix, not both", field="/prefix")
        self._service.answerer.forget()  # which of them the query helped to find is not known
        invalidation = self._service.caching.invalidation
        if invalidation is None:
            return self._report({})
        selection = Selection(_words(query, "query"), _words(prefix, "prefix"))
        return self._report(dict(await invalidation.forget(selection)))

    def _report(self, forgotten: dict[str, int | None] | None = None) -> web.Response:
        service = self._service
        levels = []
        tiers = service.caching.tiers
        if tiers is not None and tiers.first is not None:
            levels.append(LevelReport("l1", tiers.first.entries(), tiers.first.size_bytes()))
        if tiers is not None and tiers.second is not None:
            levels.append(LevelReport("l2", tiers.second.facts.entries, tiers.second.facts.size_bytes))
        report = CacheReport(service.config.cache, levels, forgotten)
        return web.Response(body=msgspec.json.encode(report), headers={"Content-Type": JSON})


def _words(text: str | None, field: str) -> str | None:
    words = None if text is None else normal_form(text)
    if words == "":  # else all answers would be forgotten where some were meant
        raise bad_request(
            "empty_query", f"the {field} holds no character that could be searched for", field=f"/{field}"
        )
    return words
