"""Answer routes: a question in, an answer with its sources out, as events or as one JSON."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

import msgspec
import orjson
from aiohttp import web

from target_stub.answer_schema import AnswerReply, AnswerRequest, RouterReport
from target_stub.answering.encoding import event_bytes, whole
from target_stub.answering.events import Done, Event, Sources
from target_stub.answering.finding import finder
from target_stub.answering.question import Question
from target_stub.answering.refusing import refusal_of
from target_stub.answering.router_report import router_report
from target_stub.api import EVENTS, JSON, Operation
from target_stub.decoding import SMALL_BODY_BYTES, decode
from target_stub.json_body import json_body, json_reply
from target_stub.middleware import request_id_of
from target_stub.protection.caller import caller_of
from target_stub.query import MAX_QUERY_CHARS, normal_form
from target_stub.request_error import RequestError, bad_request, pointer
from target_stub.service import Service
from target_stub.upstream.deadline import deadline_of
from target_stub.upstream.failure import UpstreamError

OPERATIONS = (
    Operation(
        "POST",
        "/api/answer",
        "answer",
        "Answer a question from the documents, with sources: as server-sent events, or as one JSON",
        answer=AnswerReply,
        request=AnswerRequest,
        errors=(400, 413, 415, 502, 503, 504),
        headers=("Server-Timing",),
        other_media=(EVENTS,),
    ),
    Operation(
        "GET",
        "/admin/router",
        "router",
        "How questions are told apart, how often that is right, and the share of simple ones",
        answer=RouterReport,
        parameters={"question": {"description": "a question to try", "schema": {"type": "string"}}},
        errors=(400,),
    ),
)

_decoder = msgspec.json.Decoder(AnswerRequest)


class AnswerRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a question."""
        service = self._service
        search = service.ready_search()
        deadline = deadline_of(request.headers, service.config.answer_deadline_s, time.monotonic)
        asked = decode(_decoder, await json_body(request, min(service.config.max_body_bytes, SMALL_BODY_BYTES)))
        user = caller_of(request.headers, request.remote) if service.config.cache_per_user else ""
        question = Question(_text(asked.question), asked.model, asked.passages, asked.cache == "use", user)
        events = service.answerer.answer(question, finder(service, search), search.collection.version, deadline)
        async with aclosing(events):
            try:
                return await (self._streamed(request, events) if asked.stream else _in_one(events))
            except UpstreamError as error:
                raise self._refused(error) from error

    async def _streamed(self, request: web.Request, events: AsyncGenerator[Event, None]) -> web.StreamResponse:
        """Stream the events; until the first ones are there a failure is a refusal, later an event."""
        first = [await anext(events)]
        if not self._service.config.answer_sources_first:
            first.append(await anext(events))
        response = web.StreamResponse(headers=_headers(request, first[0]))
        try:
            await response.prepare(request)
            await response.write(b"".join(map(event_bytes, first)))
            try:
                async for event in events:
                    await response.write(event_bytes(event))
            except UpstreamError as error:
                problem = orjson.loads(self._refused(error).body(request_id_of(request)))
                await response.write(b"event: error\ndata: %s\n\n" % orjson.dumps(problem))
            await response.write_eof()
        except ConnectionError:  # there is nobody any more to answer, which is how it is to be counted
            raise asyncio.CancelledError from None
        return response

    def _refused(self, error: UpstreamError) -> RequestError:
        refusal = refusal_of(error)
        self._service.answerer.counting.failed(refusal.code)
        return refusal

    async def router(self, request: web.Request) -> web.Response:
        """Answer how the router works and fares."""
        for name in request.query:
            if name != "question":
                message = f"there is no parameter {name!r}"
                raise bad_request("unknown_field", message, field=pointer(name), known=("question",))
        tried = request.query.get("question")
        planner = self._service.answerer.planner
        report = router_report(planner, None if tried is None else _text(tried), self._service.config.answer_router)
        return json_reply(msgspec.to_builtins(report))


async def _in_one(events: AsyncGenerator[Event, None]) -> web.Response:
    heard = [event async for event in events]
    timing = server_timing(_stages_s(heard))
    return web.Response(body=whole(heard), headers={"Content-Type": JSON, "Server-Timing": timing})


def _stages_s(events: Sequence[Event]) -> Mapping[str, float]:
    return next((event.stages_s for event in reversed(events) if isinstance(event, Sources | Done)), {})


def _headers(request: web.Request, first: Event) -> dict[str, str]:
    return {
        "Content-Type": EVENTS,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # else nginx would collect the words
        "X-Request-ID": request_id_of(request),
        "Server-Timing": server_timing(_stages_s([first])),
    }


def server_timing(stages_s: Mapping[str, float]) -> str:
    """Return the value of the header Server-Timing: milliseconds by stage."""
    return ", ".join(f"{stage};dur={seconds * 1e3:.3f}" for stage, seconds in stages_s.items())


def _text(given: str) -> str:
    text = normal_form(given)
    if not text:
        raise bad_request("empty_query", "the question holds no character to look for", field="/question")
    if len(text) > MAX_QUERY_CHARS:
        message = f"the question has {len(text)} characters, at most {MAX_QUERY_CHARS} are read"
        raise bad_request("out_of_range", message, field="/question")
    return text
