"""App: the model server's HTTP: chat completions as a whole or as a stream, the models, health, metrics, troubles."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from http import HTTPStatus
from itertools import count

import msgspec
import orjson
from aiohttp import web

from target_stub.model_server.chat import (
    BreakDueError,
    Chat,
    Completion,
    GarbageDueError,
    Sleep,
    written,
)
from target_stub.model_server.counting import Counting
from target_stub.model_server.protocol import (
    DONE,
    ChatError,
    ChatRequest,
    Reply,
    chat_request,
    failed,
    invalid,
    usage_of,
)
from target_stub.model_server.trouble import TroubleRates

JSON = "application/json"
DEADLINE_HEADER = "X-Deadline-Ms"
NO_EVENT = b'data: {"choices": [{"delta": {"cont\xff\x00 <html>502 Bad Gateway</html>\n\n'
MAX_BODY_BYTES = 4_000_000
FIRST_OWN_ERROR = 500
OUTCOME_OF = {429: "rate_limited", 504: "deadline"}

CHAT: web.AppKey[Chat] = web.AppKey("chat", Chat)
COUNTING: web.AppKey[Counting] = web.AppKey("counting", Counting)


def make_app(chat: Chat, *, api_key: str = "", admin_token: str = "", sleep: Sleep = asyncio.sleep) -> web.Application:
    """Return the application; empty secrets mean that no key is asked for, and that the troubles cannot be changed."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[CHAT], app[COUNTING] = chat, Counting(tuple(chat.models))
    routes = ModelRoutes(chat, app[COUNTING], api_key, admin_token, sleep)
    app.router.add_post("/v1/chat/completions", routes.complete)
    app.router.add_get("/v1/models", routes.models)
    app.router.add_get("/healthz", routes.alive)
    app.router.add_get("/readyz", routes.alive)
    app.router.add_get("/metrics", routes.metrics)
    app.router.add_get("/admin/troubles", routes.troubles)
    app.router.add_put("/admin/troubles", routes.change_troubles)
    return app


class ModelRoutes:
    """The handlers."""

    def __init__(self, chat: Chat, counting: Counting, api_key: str, admin_token: str, sleep: Sleep) -> None:
        self._chat = chat
        self._counting = counting
        self._api_key = api_key
        self._admin_token = admin_token
        self._sleep = sleep
        self._prefix = secrets.token_hex(6)
        self._numbers = count(1)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer a chat completion."""
        self._counting.in_flight += 1
        model, outcome = "none", "left"  # unless it comes to another end
        try:
            asked = await self._asked(request)
            model = asked.model
            answer, outcome = await self._answered(request, asked)
        except ChatError as error:
            outcome = OUTCOME_OF.get(error.status, "refused" if error.status < FIRST_OWN_ERROR else "failed")
            return web.Response(body=error.body(), status=error.status, headers={"Content-Type": JSON, **error.headers})
        except ConnectionError:  # the client left while a chunk was written
            return web.Response(status=499)
        else:
            return answer
        finally:
            self._counting.in_flight -= 1
            self._counting.ended(model, outcome)

    async def _asked(self, request: web.Request) -> ChatRequest:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._api_key and not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise invalid("Incorrect API key provided.", code="invalid_api_key", status=HTTPStatus.UNAUTHORIZED)
        try:
            return chat_request(await request.read())
        except web.HTTPRequestEntityTooLarge as error:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise invalid(f"The body is larger than {MAX_BODY_BYTES} bytes.", status=status) from error

    async def _answered(self, request: web.Request, asked: ChatRequest) -> tuple[web.StreamResponse, str]:
        """Return the answer and how it ended; a stream is sent by then."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        completion = self._chat.begin(asked, request.headers, started_s)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        reply = Reply(f"{self._prefix}{next(self._numbers):x}", completion.model.name, int(time.time()))
        self._counting.tokens[completion.model.name, "prompt"].inc(completion.prompt_tokens)
        try:
            async with asyncio.timeout(_deadline_s(request)):
                if asked.stream:
                    await self._stream(request, response, asked, completion, reply)
                    return response, "ok"
                return await self._whole(completion, reply), "ok"
        except (BreakDueError, GarbageDueError) as trouble:
            if isinstance(trouble, GarbageDueError):
                await response.prepare(request)
                await response.write(NO_EVENT)
            _cut(request)
            return response, "broken"
        except TimeoutError:
            if not response.prepared:
                raise failed(HTTPStatus.GATEWAY_TIMEOUT) from None
            _cut(request)
            return response, "deadline"

    async def _stream(
        self,
        request: web.Request,
        response: web.StreamResponse,
        asked: ChatRequest,
        completion: Completion,
        reply: Reply,
    ) -> None:
        begun_s = asyncio.get_running_loop().time()
        text: list[str] = []
        async for token in written(completion, self._sleep):
            if not text:
                self._first_token(completion, begun_s)
                await response.prepare(request)
                await response.write(reply.chunk({"role": "assistant", "content": ""}))
            text.append(token)
            self._counting.tokens[completion.model.name, "completion"].inc()
            await response.write(reply.chunk({"content": token}))
        await response.write(reply.chunk({}, completion.finish_reason))
        if asked.stream_options is not None and asked.stream_options.include_usage:
            await response.write(reply.usage_chunk(usage_of(completion.prompt_tokens, len(text))))
        await response.write(DONE)
        await response.write_eof()

    async def _whole(self, completion: Completion, reply: Reply) -> web.Response:
        begun_s = asyncio.get_running_loop().time()
        text: list[str] = []
        async for token in written(completion, self._sleep):
            if not text:
                self._first_token(completion, begun_s)
            text.append(token)
        self._counting.tokens[completion.model.name, "completion"].inc(len(text))
        body = reply.whole("".join(text), completion.finish_reason, usage_of(completion.prompt_tokens, len(text)))
        return web.Response(body=body, headers={"Content-Type": JSON})

    def _first_token(self, completion: Completion, begun_s: float) -> None:
        self._counting.first_token[completion.model.name].observe(asyncio.get_running_loop().time() - begun_s)

    async def models(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer which models there are."""
        facts = [
            {
                "id": its.name,
                "object": "model",
                "created": 0,
                "owned_by": "tenfold",
                "context_tokens": its.context_tokens,
            }
            for its in self._chat.models.values()
        ]
        return _json({"object": "list", "data": facts})

    async def alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer that the process answers."""
        return _json({"status": "ok", "ready": True})

    async def metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer a scrape."""
        return web.Response(body=self._counting.exposition(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def troubles(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer what goes wrong how often."""
        return _json(msgspec.to_builtins(self._chat.rates))

    async def change_troubles(self, request: web.Request) -> web.Response:
        """Let this go wrong from now on; what is not named is put back to nothing."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self._admin_token or not hmac.compare_digest(given.encode(), self._admin_token.encode()):
            error = invalid(
                "This needs the admin token, and a server that was started with one.", status=HTTPStatus.FORBIDDEN
            )
            return web.Response(body=error.body(), status=error.status, headers={"Content-Type": JSON})
        try:
            rates = msgspec.json.decode(await request.read(), type=TroubleRates)
        except msgspec.DecodeError as wrong:
            return web.Response(body=invalid(str(wrong)).body(), status=400, headers={"Content-Type": JSON})
        self._chat.change(rates, asyncio.get_running_loop().time())
        return _json(msgspec.to_builtins(rates))


def _deadline_s(request: web.Request) -> float | None:
    """Return how long the client will wait, if it says so."""
    text = request.headers.get(DEADLINE_HEADER, "")
    return int(text) / 1e3 if text.isdecimal() and len(text) < len("1000000000") else None


def _cut(request: web.Request) -> None:
    """Cut the connection as a crash would: no end of the stream, no farewell."""
    if request.transport is not None:
        request.transport.abort()


def _json(content: object) -> web.Response:
    return web.Response(body=orjson.dumps(content), headers={"Content-Type": JSON})
