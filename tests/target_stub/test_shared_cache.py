"""The shared cache on real servers: it saves work where it is there, and costs next to nothing where it is not."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from target_stub.breaker import BreakerPolicy
from target_stub.cache import CacheKey, Selection, digest_of
from target_stub.caches.entry import EntryCodec
from target_stub.caches.shared import PREFIX, SharedCache
from target_stub.query import Query
from target_stub.redis_link import LinkSpec, RedisLink
from tests.target_stub.redis_server import PROGRAMS, RedisServer, SlowWay

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs the Debian package redis-server")
BODY = b'{"results":[{"id":"a"}]}' + b"x" * 3000
KEY = CacheKey(Query("bread"), "v1")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: a socket's may have 107 characters."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@pytest.fixture(params=PROGRAMS)
def server(folder: Path, request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with RedisServer(folder, request.param) as running:
        yield running


class Fixture:
    """A shared cache with all that it counted."""

    def __init__(self, url: str, *, timeout_s: float = 5.0, clock: Callable[[], float] | None = None) -> None:
        self.counted: Counter[str] = Counter()
        spec = LinkSpec(url, timeout_s)
        timers = {} if clock is None else {"clock": clock}
        self.link = RedisLink(
            spec, lambda its: self.counted.update([its.value]), policy=BreakerPolicy(3, 1, 8), **timers
        )
        self.cache = SharedCache(self.link, EntryCodec(1000), lambda its: self.counted.update([its]), **timers)

    async def put(self, key: CacheKey, body: bytes = BODY, ttl_s: float = 60) -> None:
        self.cache.put_later(key, body, ttl_s)
        await self.cache.written()

    async def body(self, key: CacheKey) -> bytes | None:
        found = await self.cache.get(key)
        return found and found[0]


def run(scenario: Callable[[Fixture], Awaitable[Any]], fixture: Fixture) -> None:
    async def whole() -> None:
        try:
            await scenario(fixture)
        finally:
            await fixture.cache.close()

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_what_one_process_kept_another_finds(server: RedisServer) -> None:
    """Byte for byte, with its age, under its own key only, compressed, and with the time to live on the server."""

    async def scenario(one: Fixture) -> None:
        other = Fixture(server.url)
        await one.put(KEY)
        found = await other.cache.get(KEY)
        assert found is not None
        assert found[0] == BODY
        assert 0 <= found[1] < 50
        assert await other.body(KEY._replace(version="v2")) is None
        assert other.counted == {"hit": 1, "miss": 1}
        with server.client() as client:
            (name,) = client.keys(f"{PREFIX}*")
            assert client.strlen(name) < len(BODY) / 4
            assert 0 < client.pttl(name) <= 60_000
        await other.cache.close()

    run(scenario, Fixture(server.url))


@pytest.mark.parametrize(
    ("harm", "counted"),
    [
        (lambda packed: packed[:-1], "damaged"),
        (lambda packed: packed[:10], "damaged"),
        (lambda packed: packed[:-3] + b"\0\0\0", "damaged"),
        (lambda packed: packed[:20] + b"\xff" + packed[21:], "damaged"),
        (lambda _: b"", "foreign"),
        (lambda _: b"\x80\x04\x95some pickle", "foreign"),
        (lambda packed: packed[:4] + b"\x09" + packed[5:], "foreign"),
    ],
)
def test_an_entry_that_is_not_whole_is_a_miss_and_counted(
    server: RedisServer, harm: Callable[[bytes], bytes], counted: str
) -> None:
    """Cut short, altered, another program's or another version's: never served."""

    async def scenario(fixture: Fixture) -> None:
        await fixture.put(KEY)
        with server.client() as client:
            (name,) = client.keys(f"{PREFIX}*")
            client.set(name, harm(client.get(name)))
        assert await fixture.body(KEY) is None
        assert fixture.counted == {counted: 1}

    run(scenario, Fixture(server.url))


def test_another_keys_entry_and_another_type_are_misses(server: RedisServer) -> None:
    """A whole entry under the wrong name, and a list where bytes should be."""

    async def scenario(fixture: Fixture) -> None:
        await fixture.put(KEY)
        other, third = KEY._replace(user="ann"), KEY._replace(user="bob")
        with server.client() as client:
            (name,) = client.keys(f"{PREFIX}*")
            client.set(f"{PREFIX}bread:{digest_of(other).hex()}", client.get(name))
            client.rpush(f"{PREFIX}bread:{digest_of(third).hex()}", "a")
        assert await fixture.body(other) is None
        assert await fixture.body(third) is None
        assert fixture.counted == {"foreign": 1, "refused": 1}

    run(scenario, Fixture(server.url))


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(), set()),
        (Selection(query="bread"), {"bread rolls", "b*ead[x]", "violin"}),
        (Selection(prefix="bread"), {"b*ead[x]", "violin"}),
        (Selection(query="b*ead[x]"), {"bread", "bread rolls", "violin"}),
    ],
)
def test_forgetting_is_by_words_and_leaves_what_is_not_ours(
    server: RedisServer, selection: Selection, left: set[str]
) -> None:
    """Every version of an answer goes, stars and brackets in a query are letters, other programs' keys stay."""

    async def scenario(fixture: Fixture) -> None:
        words = {"bread", "bread rolls", "b*ead[x]", "violin"}
        for text in words:
            for version in ("v1", "v2"):
                await fixture.put(CacheKey(Query(text), version))
        with server.client() as client:
            client.set("somebody:else", "1")
            assert await fixture.cache.forget(selection) == 2 * len(words - left)
            assert client.exists("somebody:else")
        assert {text for text in words if await fixture.body(CacheKey(Query(text), "v2"))} == left

    run(scenario, Fixture(server.url))


def test_a_server_that_is_lost_is_asked_now_and_then_and_used_again(server: RedisServer) -> None:
    """Three failures, then nothing is tried until the time is up; when it is back it is used."""
    now_s = [0.0]

    async def scenario(fixture: Fixture) -> None:
        await fixture.put(KEY)
        server.stop()
        for _ in range(10):
            assert await fixture.body(KEY) is None
        assert fixture.counted == {"connection": 3, "skipped": 7}
        fixture.cache.put_later(KEY, BODY, 60)
        await fixture.cache.written()
        assert fixture.counted == {"connection": 3, "skipped": 7}
        server.start()
        assert await fixture.body(KEY) is None
        now_s[0] = 1.0
        assert await fixture.body(KEY) is None
        assert fixture.counted == {"connection": 3, "skipped": 8, "miss": 1}
        await fixture.put(KEY)
        assert await fixture.body(KEY) == BODY

    run(scenario, Fixture(server.url, clock=lambda: now_s[0]))


def test_a_server_that_is_absent_at_the_start_is_no_fault(folder: Path) -> None:
    """Nothing is found, and nothing is raised."""

    async def scenario(fixture: Fixture) -> None:
        assert await fixture.body(KEY) is None
        await fixture.put(KEY)
        assert fixture.counted["connection"] >= 1

    run(scenario, Fixture(f"unix://{folder}/nowhere.sock"))


def test_a_slow_server_costs_its_time_out_a_few_times(server: RedisServer, folder: Path) -> None:
    """An answer that comes too late is not waited for, nor given to the next who asks."""

    async def scenario(_: Fixture) -> None:
        way = SlowWay(folder, server.socket)
        await way.open()
        fixture = Fixture(way.url, timeout_s=0.2)
        fixture.link._breaker._policy = BreakerPolicy(3, 3600, 3600)
        fixture.link._breaker._open_s = 3600
        await fixture.put(KEY)
        other = KEY._replace(version="v2")
        way.delay_s = 1.0
        for _ in range(10):
            assert await fixture.body(KEY) is None
        assert fixture.counted["timeout"] == 3
        assert fixture.counted["skipped"] == 7
        way.delay_s = 0.0
        fixture.link._breaker._opened_at = None
        assert await fixture.body(other) is None
        assert fixture.counted["miss"] == 1
        await fixture.cache.close()
        await way.close()

    run(scenario, Fixture(server.url))


def test_a_full_server_is_read_from_and_not_written_to_for_a_while(folder: Path) -> None:
    """With no memory left and no eviction, answers are still found; the refusal is counted once."""
    now_s = [0.0]

    async def scenario(fixture: Fixture) -> None:
        await fixture.put(KEY)
        with server.client() as client:
            client.config_set("maxmemory", 1)
        for number in range(5):
            await fixture.put(CacheKey(Query(f"query {number}"), "v1"))
        assert fixture.counted == {"full": 1}
        assert await fixture.body(KEY) == BODY
        with server.client() as client:
            client.config_set("maxmemory", 0)
        now_s[0] = 2.0
        await fixture.put(CacheKey(Query("query 9"), "v1"))
        assert await fixture.body(CacheKey(Query("query 9"), "v1")) == BODY

    with RedisServer(folder, "redis-server", "--maxmemory-policy", "noeviction") as server:
        run(scenario, Fixture(server.url, clock=lambda: now_s[0]))


def test_more_searches_than_connections_wait_for_their_turn(server: RedisServer) -> None:
    """Two hundred at one time on sixteen connections: all are answered."""

    async def scenario(fixture: Fixture) -> None:
        await fixture.put(KEY)
        found = await asyncio.gather(*(fixture.body(KEY) for _ in range(200)))
        assert found == [BODY] * 200

    run(scenario, Fixture(server.url))


Serve = Callable[..., Any]
TOKEN = {"Authorization": "Bearer secret"}


def test_two_services_share_their_answers_and_forget_together(
    server: RedisServer, serve: Serve, wait_for: Callable[..., None]
) -> None:
    """A miss of one is a hit of the other; what one is told to forget, both forget; so with documents."""
    switches = {"cache": "l1+l2", "redis_url": server.url, "admin_token": "secret", "redis_timeout_ms": 5000}
    one, other = serve(**switches), serve(**switches)

    def spin(condition: Callable[[], bool]) -> None:
        def held() -> bool:
            one._runner.run(asyncio.sleep(0.01))
            return condition()

        wait_for(held)

    spin(lambda: one.service.caching.events.heard.is_set() and other.service.caching.events.heard.is_set())
    assert one.search(query="bread").headers["X-Cache"] == "miss"
    spin(lambda: not one.service.caching.tiers.second._writing)
    shared = other.search(query="bread")
    assert shared.headers["X-Cache"] == "hit-l2"
    assert "l2;dur=" in shared.headers["Server-Timing"]
    assert other.search(query="bread").headers["X-Cache"] == "hit"
    assert other.metric('cache_requests_total{cache="l2",result="hit"}') == 1
    assert other.metric('cache_requests_total{cache="l1",result="miss"}') == 1
    assert one.request("DELETE", "/admin/cache").status == 401
    forgotten = one.request("DELETE", "/admin/cache?query=bread", headers=TOKEN)
    assert forgotten.json["forgotten"] == {"l1": 1, "l2": 1}
    spin(lambda: other.service.caching.tiers.first.entries() == 0)
    assert other.search(query="bread").headers["X-Cache"] == "miss"
    assert one.post("/admin/cache", json={"prefix": "br"}, headers=TOKEN).json["forgotten"]["l2"] == 1
    assert one.post("/admin/cache", json={"prefix": " "}, headers=TOKEN).status == 400
    other.search(query="violin")
    added = {"documents": [{"title": "Cake", "text": "Flour, eggs and sugar."}]}
    one.post("/api/documents", json=added)
    spin(lambda: other.service.caching.tiers.first.entries() == 0)


def test_a_service_goes_on_when_its_redis_is_lost(server: RedisServer, serve: Serve) -> None:
    """Every search is answered, from l1 or anew, and the trouble is counted."""
    client = serve(cache="l1+l2", redis_url=server.url)
    client.search(query="bread")
    server.stop()
    assert [client.search(query=f"query {number}").status for number in range(8)] == [200] * 8
    assert client.search(query="bread").headers["X-Cache"] == "hit"
    assert client.metric('cache_troubles_total{cache="l2",trouble="connection"}') >= 1
    assert client.metric('cache_troubles_total{cache="l2",trouble="skipped"}') >= 1


def test_users_have_answers_of_their_own_where_the_switch_says_so(serve: Serve) -> None:
    """Only with the switch: without it all users share."""
    search = serve(cache_per_user=True).service.search
    shared = serve().service.search
    keys = [search.key_of(Query("bread", user=user)) for user in ("ann", "bob")]
    assert keys[0] != keys[1]
    assert len({shared.key_of(Query("bread", user=user)) for user in ("ann", "bob")}) == 1


def test_a_frame_that_claims_gigabytes_is_not_unpacked() -> None:
    """Whoever can write to the server must not be able to fill our memory."""
    import struct
    from zlib import crc32

    import zstandard

    from target_stub.caches.entry import HEADER, EntryError

    bomb = zstandard.ZstdCompressor().compress(bytes(200_000_000))
    header = HEADER.pack(b"10fA", 1, 1, 0, 1000, b"d" * 16)
    packed = header + struct.pack("<I", crc32(bomb, crc32(header))) + bomb
    with pytest.raises(EntryError, match="damaged"):
        EntryCodec(1000).unpack(packed, b"d" * 16)
