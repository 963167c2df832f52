"""Replicas: embedding services that are asked instead of the model here, which stays at hand for when none answers.

The replica with the fewest calls under way is asked; one that fails is left alone for a while (circuit breaker) and the
next one asked; a call slower than 19 of 20 before it is sent to another replica as well (hedging, Dean & Barroso 2013,
"The tail at scale"), for a small share of all calls. A replica must have the very model that the documents were
embedded with: its version is compared, and the vector of a probe text with our own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter

import aiohttp
import orjson

from target_stub import metric_names as names
from target_stub.breaker import Breaker, BreakerPolicy, BreakerState
from target_stub.config import Config
from target_stub.embedder import Embedder, Vector, Vectors
from target_stub.embedding import Embedded, Embedding
from target_stub.embedding_service.vector_format import MEDIA, VectorsError, unpack
from target_stub.metrics import Metrics

VERSION_HEADER = "X-Model-Version"
PROBE = "how alike are two models that call themselves the same"
PROBE_COSINE = 0.999  # the same weights on another processor differ in the seventh digit
KNOWN_CALLS = 200  # whose times tell what is slow
FEWEST_CALLS = 20  # before which nothing is known to be slow
SLOW = 0.95
LOCAL = "local"
log = logging.getLogger(__name__)

Counted = Callable[[str, str], None]
"""Called with a replica's address, or `local`, and what became of a call: ok, failed, timeout, refused."""


@dataclass(frozen=True, slots=True)
class ReplicaPolicy:
    """How long one text may take in all, how many connections to each replica, and which share may be hedged."""

    timeout_s: float = 1.0
    connections: int = 32
    hedged_share: float = 0.05
    failures: int = 3  # in a row, after which a replica is left alone for `open_s`, doubling
    open_s: float = 1.0


class _OtherModelError(Exception):
    """A replica with another model than ours."""


class _Replica:
    def __init__(self, url: str, policy: BreakerPolicy, clock: Callable[[], float]) -> None:
        self.url = url
        self.breaker = Breaker(policy, clock)
        self.outstanding = 0
        self.checked = False


class ReplicaEmbedding:
    """Embeds by the replicas, else by the embedding inside."""

    def __init__(
        self,
        urls: Sequence[str],
        version: str,
        inside: Embedding,
        counted: Counted,
        policy: ReplicaPolicy | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._policy = policy or ReplicaPolicy()
        breaker = BreakerPolicy(self._policy.failures, self._policy.open_s)
        self._replicas = [_Replica(url.rstrip("/"), breaker, clock) for url in urls]
        self._version = version
        self._inside = inside
        self._counted = counted
        self._session: aiohttp.ClientSession | None = None
        self._times_s: deque[float] = deque(maxlen=KNOWN_CALLS)
        self._hedges = 0.0  # how many calls may be hedged now
        self._probe: Vector | None = None

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed the texts in one call to a replica; where none answers in time, here."""
        began = perf_counter()
        self._hedges = min(self._hedges + self._policy.hedged_share, 10.0)
        running: set[_Replica] = set()
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                vectors = await self._by_any(texts, running)
        except TimeoutError:
            vectors = None
            for replica in running:
                self._fails(replica, "timeout", f"no answer within {self._policy.timeout_s * 1e3:.0f} ms")
        if vectors is not None:
            took_s = perf_counter() - began
            return Embedded(vectors, 0.0, took_s)
        self._counted(LOCAL, "ok")
        return await self._inside.embed(texts)

    async def _by_any(self, texts: Sequence[str], running: set[_Replica]) -> Vectors | None:
        """Return vectors from the first replica that gives them, or None when none does; `running` are those asked."""
        tried: list[_Replica] = []
        while (replica := self._next(tried)) is not None:
            tried.append(replica)
            vectors = await self._hedged(replica, texts, tried, running)
            if vectors is not None:
                return vectors
        return None

    def _next(self, tried: Sequence[_Replica]) -> _Replica | None:
        usable = [its for its in self._replicas if its not in tried and its.breaker.state is not BreakerState.OPEN]
        return min(usable, key=lambda its: its.outstanding, default=None)

    async def _hedged(
        self, replica: _Replica, texts: Sequence[str], tried: list[_Replica], running: set[_Replica]
    ) -> Vectors | None:
        """Ask a replica, and when it is slow another one too; the first vectors win, and the other call is ended."""
        calls = {self._begin(replica, texts, running)}
        try:
            done, _ = await asyncio.wait(calls, timeout=self._slow_s())
            if not done and self._hedges >= 1 and (other := self._next(tried)) is not None:
                self._hedges -= 1
                tried.append(other)
                self._counted(other.url, "hedged")
                calls.add(self._begin(other, texts, running))
            waiting = set(calls)
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for call in done:
                    if (vectors := call.result()) is not None:
                        return vectors
            return None
        finally:
            for call in calls:
                call.cancel()

    def _begin(self, replica: _Replica, texts: Sequence[str], running: set[_Replica]) -> asyncio.Task[Vectors | None]:
        """Begin a call, which counts as under way from now on: the next one may be chosen before this one runs."""
        replica.outstanding += 1
        running.add(replica)

        def ended(_: asyncio.Task[Vectors | None]) -> None:
            replica.outstanding -= 1
            running.discard(replica)

        call = asyncio.ensure_future(self._by(replica, texts))
        call.add_done_callback(ended)
        return call

    def _slow_s(self) -> float | None:
        if len(self._times_s) < FEWEST_CALLS:
            return None
        return sorted(self._times_s)[int(SLOW * len(self._times_s))]

    async def _by(self, replica: _Replica, texts: Sequence[str]) -> Vectors | None:
        """Return one replica's vectors, or None when it fails, which is counted and remembered."""
        if not replica.breaker.lets_pass():
            return None
        began = perf_counter()
        try:
            if not replica.checked:
                await self._check(replica)
            vectors = await self._ask(replica, texts)
        except asyncio.CancelledError:
            replica.breaker.left()
            raise
        except _OtherModelError as error:
            self._fails(replica, "refused", str(error))
            return None
        except (aiohttp.ClientError, OSError, VectorsError) as error:
            self._fails(replica, "failed", str(error) or type(error).__name__)
            return None
        self._times_s.append(perf_counter() - began)
        replica.breaker.succeeded()
        self._counted(replica.url, "ok")
        return vectors

    async def _check(self, replica: _Replica) -> None:
        """Make sure that the replica has our model."""
        if self._probe is None:
            self._probe = (await self._inside.embed([PROBE])).vectors[0]
        theirs = (await self._ask(replica, [PROBE]))[0]
        if theirs.shape != self._probe.shape or float(theirs @ self._probe) < PROBE_COSINE:
            raise _OtherModelError("its vectors are not those of the model here")
        replica.checked = True

    async def _ask(self, replica: _Replica, texts: Sequence[str]) -> Vectors:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit_per_host=self._policy.connections, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(connector=connector)
        headers = {"Accept": MEDIA, "Content-Type": "application/json"}
        body = orjson.dumps({"input": list(texts)})
        async with self._session.post(f"{replica.url}/v1/embeddings", data=body, headers=headers) as answer:
            answer.raise_for_status()
            version = answer.headers.get(VERSION_HEADER, "")
            if version != self._version:
                raise _OtherModelError(f"it has the model {version!r}, not {self._version!r}")
            vectors = unpack(await answer.read())
        if len(vectors) != len(texts):
            raise VectorsError(f"{len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _fails(self, replica: _Replica, outcome: str, why: str) -> None:
        was = replica.breaker.state
        replica.breaker.failed()
        replica.checked = False  # what comes back may be another model
        self._counted(replica.url, outcome)
        if was is BreakerState.CLOSED and replica.breaker.state is BreakerState.OPEN:
            log.warning("going on without the embedding service %s: %s", replica.url, why)

    def depth(self) -> int:
        """Return how many texts wait here."""
        return self._inside.depth()

    def close(self) -> None:
        """Close the embedding inside."""
        self._inside.close()

    async def disconnect(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()


def replicated(inside: Embedding, embedder: Embedder, config: Config, metrics: Metrics) -> ReplicaEmbedding:
    """Return an embedding by the services that the config names; `inside` embeds where none of them answers."""
    urls = config.embedder_addresses
    children = [(url, outcome) for url in urls for outcome in names.CALL_OUTCOMES]
    calls = metrics.counters(
        names.EMBEDDING_CALLS,
        "Calls to embedding services by what became of them; local: done here, as none answered.",
        ("replica", "outcome"),
        [*children, (LOCAL, "ok")],
    )
    policy = ReplicaPolicy(timeout_s=config.embedder_timeout_ms / 1e3)
    return ReplicaEmbedding(urls, embedder.version, inside, lambda url, its: calls[url, its].inc(), policy)
