"""The embedding service's life: listen, announce, load the model, embed, drain."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import uvloop
from aiohttp import web

from target_stub.artifacts import Artifacts
from target_stub.child import prepare_in_child
from target_stub.config import Config
from target_stub.corpora import make_source
from target_stub.corpus import load_corpus
from target_stub.embedder import Embedder
from target_stub.embedders import embedder_weights, make_embedder
from target_stub.embedding_service.app import EmbeddingService, make_app
from target_stub.errors import ConfigError
from target_stub.listening import BACKLOG, announce, bind, url_of
from target_stub.preparation import slowed
from target_stub.server import DRAIN_POLL_S, WRITING_S, stop_signal
from target_stub.vectors import load_vectors

LEARNT_FROM_A_CORPUS = ("static",)
log = logging.getLogger(__name__)


def serve_embedder(config: Config, artifacts: Artifacts) -> int:
    """Serve until SIGTERM or SIGINT, then let running requests finish; return the exit code.

    Raises:
        ConfigError: when the port is taken, a package is missing, or the cache cannot be written.
    """
    if config.announce:
        Path(config.announce).unlink(missing_ok=True)
    embedder_weights(config.embedder_spec)
    _ = config.batch_buckets
    return uvloop.run(_live(config, artifacts, bind(config.host, config.port)))


async def _live(config: Config, artifacts: Artifacts, listening: socket.socket) -> int:
    stop = stop_signal()
    service = EmbeddingService(config)
    runner = web.AppRunner(make_app(service), access_log=None, handler_cancellation=True, shutdown_timeout=WRITING_S)
    await runner.setup()
    try:
        site = web.SockSite(runner, listening, backlog=BACKLOG)
        await site.start()
        url = url_of(listening)
        log.info("embedding on %s/v1/embeddings", url)
        if config.announce:
            announce(Path(config.announce), url)
        embedder = await _load(config, artifacts)
        if embedder is None:
            return ConfigError.exit_code
        service.take_in(embedder)
        log.info("ready: %s", embedder.version)
        await stop.wait()
        service.draining = True
        await site.stop()
        deadline_s = asyncio.get_running_loop().time() + config.drain_timeout_s
        while service.metrics.in_flight and asyncio.get_running_loop().time() < deadline_s:
            await asyncio.sleep(DRAIN_POLL_S)
    finally:
        await runner.cleanup()
    return 0


async def _load(config: Config, artifacts: Artifacts) -> Embedder | None:
    """Load the model; one that learns from a corpus has that prepared first. None when the preparation failed."""
    if config.embedder not in LEARNT_FROM_A_CORPUS:
        return slowed(await asyncio.to_thread(make_embedder, config.embedder_spec, Path()), config)
    embedder = await asyncio.to_thread(_fitted, config, artifacts)
    if embedder is None:
        if await prepare_in_child(config, lambda _step, _done, _total: None):
            return None
        embedder = await asyncio.to_thread(_fitted, config, artifacts)
    return None if embedder is None else slowed(embedder, config)


def _fitted(config: Config, artifacts: Artifacts) -> Embedder | None:
    corpus = load_corpus(make_source(config.corpus), artifacts)
    vectors = None if corpus is None else load_vectors(corpus, config.embedder_spec, artifacts)
    return None if vectors is None else make_embedder(config.embedder_spec, vectors.folder)
