"""The second-level cache: answers on a server that speaks Redis' protocol, shared by processes and machines.

It is never needed: what it does not have, or cannot say in time, is computed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from target_stub.breaker import Breaker, BreakerPolicy, BreakerState
from target_stub.cache import CacheKey, Selection, digest_of
from target_stub.caches.entry import Entry, EntryCodec, EntryError
from target_stub.redis_link import LinkError, RedisLink, Trouble

PREFIX = "tenfold:answer:1:"  # a name ends in words and digest, so that answers can be found by their words
NAMED_CHARS = 200  # of a query's words in the name; the digest tells longer ones apart
DIGEST_HEX_CHARS = 32
SCANNED = 500  # names looked at in one call
MAX_WRITING = 64  # answers on their way to the server; more than that are not kept there
LOOKED_AFTER_S = 5.0
FULL_POLICY = BreakerPolicy(failures=1, open_s=1.0, longest_open_s=30.0)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class ServerFacts:
    """What the server last said of itself; it may serve others too."""

    entries: int = 0
    size_bytes: int = 0
    evicted: int = 0


Happened = Callable[[str], None]
"""Called with what became of an entry: hit, miss, damaged, foreign, dropped."""


class SharedCache:
    """Answers by key, for `ttl_s` seconds."""

    def __init__(
        self,
        link: RedisLink,
        codec: EntryCodec,
        happened: Happened,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.link = link
        self.facts = ServerFacts()
        self._codec = codec
        self._happened = happened
        self._wall_clock = wall_clock
        self._room = Breaker(FULL_POLICY, clock)
        self._writing: set[asyncio.Task[None]] = set()
        self._looking_after: asyncio.Task[None] | None = None

    async def get(self, key: CacheKey) -> tuple[bytes, float] | None:
        """Return the answer and its age in seconds, or None when it is not there, not whole, or not said in time."""
        digest = digest_of(key)
        try:
            packed = await self.link.call("GET", _name(key, digest))
        except LinkError:
            return None
        if packed is None:
            self._happened("miss")
            return None
        try:
            entry = self._codec.unpack(packed, digest)
        except EntryError as error:
            self._happened(error.flaw.value)
            return None
        self._happened("hit")
        return entry.body, max(0.0, self._wall_clock() - entry.kept_at_ms / 1e3)

    def put_later(self, key: CacheKey, body: bytes, ttl_s: float) -> None:
        """Keep an answer soon; nobody waits for it, and where the server is away or full it is not tried."""
        if not self.link.usable or self._room.state is BreakerState.OPEN:
            return
        if len(self._writing) >= MAX_WRITING:
            self._happened("dropped")
            return
        task = asyncio.ensure_future(self._put(key, body, ttl_s))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _put(self, key: CacheKey, body: bytes, ttl_s: float) -> None:
        if not self._room.lets_pass():
            return
        digest = digest_of(key)
        packed = self._codec.pack(Entry(body, int(self._wall_clock() * 1e3)), digest)
        try:
            await self.link.call("SET", _name(key, digest), packed, "PX", max(1, int(ttl_s * 1e3)))
        except LinkError as error:
            if error.trouble is Trouble.FULL:
                log.warning("the shared cache is full: %s", error)
                self._room.failed()
            else:
                self._room.left()
        else:
            self._room.succeeded()

    async def written(self) -> None:
        """Wait until what is on its way has arrived, or failed."""
        await asyncio.gather(*self._writing)

    async def forget(self, selection: Selection) -> int:
        """Forget these answers, of every version and user, and return how many there were.

        Raises:
            LinkError: when the server does not answer; some may be forgotten then.
        """
        pattern = _pattern(selection)
        gone, cursor = 0, b"0"
        while True:
            cursor, names = await self.link.call("SCAN", cursor, "MATCH", pattern, "COUNT", SCANNED)
            if names:
                gone += await self.link.call("DEL", *names)
            if int(cursor) == 0:
                return gone

    def look_after(self) -> None:
        """Ask the server every few seconds how it is, until closed."""
        self._looking_after = asyncio.ensure_future(self._look_after())

    async def _look_after(self) -> None:
        while True:
            try:
                info: Mapping[str, Any] = await self.link.call("INFO")
                self.facts.size_bytes = int(info.get("used_memory", 0))
                self.facts.evicted = int(info.get("evicted_keys", 0))
                self.facts.entries = int(await self.link.call("DBSIZE"))
            except LinkError:
                self.facts = ServerFacts(evicted=self.facts.evicted)
            await asyncio.sleep(LOOKED_AFTER_S)

    async def close(self) -> None:
        """End what is under way, and the connections."""
        tasks = [*self._writing, *([self._looking_after] if self._looking_after else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.link.close()


def _name(key: CacheKey, digest: bytes) -> str:
    return f"{PREFIX}{key.query.text[:NAMED_CHARS]}:{digest.hex()}"


def _pattern(selection: Selection) -> str:
    """Return the glob that names of these answers match: any words, words that begin so, or exactly these."""
    digest = "?" * DIGEST_HEX_CHARS
    if selection.query is not None:
        return f"{PREFIX}{_literal(selection.query[:NAMED_CHARS])}:{digest}"
    return f"{PREFIX}{_literal((selection.prefix or '')[:NAMED_CHARS])}*"


def _literal(text: str) -> str:
    return "".join(f"\\{character}" if character in "*?[]\\^-" else character for character in text)
