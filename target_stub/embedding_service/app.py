"""The embedding service's application: texts in, vectors out, as OpenAI's API has it, or as bytes to our own client."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Literal

import msgspec
import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware
from msgspec import Meta, Struct

from target_stub import metric_names as names
from target_stub.api import JSON, Handler
from target_stub.batching import batched
from target_stub.config import Config
from target_stub.decoding import decode
from target_stub.embedder import Embedder, Vectors
from target_stub.embedding import Embedding, make_embedding
from target_stub.embedding_service.vector_format import MEDIA, pack
from target_stub.metrics import Metrics
from target_stub.request_error import PROBLEM_JSON, RequestError, body_too_large

VERSION_HEADER = "X-Model-Version"
MAX_TEXTS = 256
MAX_TEXT_CHARS = 40_000
MAX_BODY_BYTES = 10_000_000
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]


class EmbeddingRequest(Struct, frozen=True):
    """What OpenAI's API takes, as far as it has a meaning here; other fields are ignored, as its clients send many."""

    input: Text | Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS)]
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"


_decoder = msgspec.json.Decoder(EmbeddingRequest)


class EmbeddingService:
    """One embedder behind HTTP."""

    def __init__(self, config: Config) -> None:
        self.metrics = Metrics()
        self.draining = False
        self._config = config
        self._embedder: Embedder | None = None
        self._embedding: Embedding | None = None
        self._version = ""
        self.metrics.gauge(
            names.EMBEDDING_QUEUE_DEPTH,
            "Texts waiting for the embedder.",
            lambda: self._embedding.depth() if self._embedding else 0,
        )

    def take_in(self, embedder: Embedder) -> None:
        """Embed with this from now on."""
        in_thread = make_embedding(embedder, in_thread=True, batch_size=self.metrics.batch_size.observe)
        self._embedding = batched(in_thread, self._config, self.metrics)
        self._embedder, self._version = embedder, embedder.version

    @property
    def ready(self) -> bool:
        """Whether texts are embedded."""
        return self._embedding is not None and not self.draining

    async def embeddings(self, request: web.Request) -> web.Response:
        """Embed one text or several."""
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise body_too_large(MAX_BODY_BYTES)
        asked = decode(_decoder, await request.read())
        if self._embedding is None or self._embedder is None or self.draining:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "draining" if self.draining else "not_ready",
                "the embedding service cannot embed now",
                headers={"Retry-After": "1"},
            )
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        embedded = await self._embedding.embed(texts)
        timing = f"queue;dur={embedded.queue_s * 1e3:.3f}, embed;dur={embedded.embed_s * 1e3:.3f}"
        headers = {VERSION_HEADER: self._version, "Server-Timing": timing}
        self.metrics.stages["queue"].observe(embedded.queue_s)
        self.metrics.stages["embed"].observe(embedded.embed_s)
        if MEDIA in request.headers.get("Accept", ""):
            return web.Response(body=pack(embedded.vectors), headers={"Content-Type": MEDIA, **headers})
        answer = _answer(embedded.vectors, self._embedder.name, texts, base64_wanted=asked.encoding_format == "base64")
        return web.Response(body=answer, headers={"Content-Type": JSON, **headers})

    async def models(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer which model there is, with its version and dimension."""
        embedder = self._embedder
        known = [] if embedder is None else [_model(embedder, self._version)]
        return _json({"object": "list", "data": known})

    async def alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer that the process answers."""
        return _json({"status": "ok"})

    async def readiness(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer whether texts are embedded."""
        status = HTTPStatus.OK if self.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json({"ready": self.ready}, status)

    async def exposition(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        body, content_type = self.metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    def close(self) -> None:
        """Let the thread go."""
        if self._embedding is not None:
            self._embedding.close()


def make_app(service: EmbeddingService) -> web.Application:
    """Return the application."""
    app = web.Application(middlewares=[_observing(service.metrics)], client_max_size=MAX_BODY_BYTES + 1)
    app.router.add_post("/v1/embeddings", service.embeddings)
    app.router.add_get("/v1/models", service.models)
    app.router.add_get("/healthz", service.alive)
    app.router.add_get("/readyz", service.readiness)
    app.router.add_get("/metrics", service.exposition)

    async def closing(_: web.Application) -> AsyncIterator[None]:
        yield
        service.close()

    app.cleanup_ctx.append(closing)
    return app


def _observing(metrics: Metrics) -> Middleware:
    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = perf_counter()
        traffic = request.path == "/v1/embeddings"
        metrics.in_flight += traffic
        status = 499
        try:
            try:
                response = await handler(request)
            except RequestError as refusal:
                headers = {"Content-Type": PROBLEM_JSON, **refusal.headers}
                response = web.Response(body=refusal.body(""), status=refusal.status, headers=headers)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            metrics.in_flight -= traffic
            if traffic:
                metrics.request(request.path, request.method, status).observe(perf_counter() - started)

    return observe


def _answer(vectors: Vectors, model: str, texts: list[str], *, base64_wanted: bool) -> bytes:
    def told(row: Any) -> Any:
        return base64.b64encode(row.astype("<f4").tobytes()).decode() if base64_wanted else row

    data = [{"object": "embedding", "index": index, "embedding": told(row)} for index, row in enumerate(vectors)]
    tokens = sum(2 + len(text) // 4 for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}  # an estimate: the tokenizer's own count stays inside
    answer = {"object": "list", "data": data, "model": model, "usage": usage}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _model(embedder: Embedder, version: str) -> dict[str, Any]:
    return {
        "id": embedder.name,
        "object": "model",
        "owned_by": "tenfold",
        "version": version,
        "dim": embedder.dim,
    }


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, headers={"Content-Type": JSON})
