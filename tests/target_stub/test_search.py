"""Search: the same answer by every way; the cache never gives one that is outdated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import orjson
import pytest

from target_stub.answer import CacheResult
from target_stub.cache import Selection
from target_stub.caches.memory import MemoryCache
from target_stub.caches.tiers import Lifetimes, Tiers
from target_stub.collection import Collection
from target_stub.document import Document
from target_stub.embedder import Vectors
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.embedding import InlineEmbedding, ThreadEmbedding
from target_stub.finding import InlineFinding
from target_stub.index import Neighbours
from target_stub.query import Query
from target_stub.search import Search, Sharing

CAKE = Document("cake", "Cake", "Flour, eggs and sugar.", "hobby", "recipe")


class Counting(HashingEmbedder):
    """The hashing embedder, counting the texts it embeds."""

    def __init__(self) -> None:
        super().__init__(64)
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return super().embed(texts)


@pytest.fixture
def embedder() -> Counting:
    return Counting()


def make(
    collection: Collection, embedder: Counting, *, cached: bool = True, single_flight: bool = True, thread: bool = False
) -> Search:
    place = ThreadEmbedding if thread else InlineEmbedding
    tiers = Tiers(MemoryCache(1_000_000, lambda _reason, _count: None), None, Lifetimes(300, 5)) if cached else None
    return Search(collection, place(embedder, lambda _: None), InlineFinding(collection), Sharing(tiers, single_flight))


def entries(search: Search) -> int:
    assert search.tiers is not None
    assert search.tiers.first is not None
    return search.tiers.first.entries()


def test_an_answer_holds_the_nearest_documents(collection: Collection, embedder: Counting) -> None:
    """Best first, each with its facts and its score; the scores are the cosines, to six digits."""
    answer = asyncio.run(make(collection, embedder).answer(Query("tune the violin strings", k=2)))
    body = orjson.loads(answer.body)
    best = body["results"][0]
    assert {name: best[name] for name in ("id", "title", "package", "kind")} == {
        "id": "hobby.violin",
        "title": "How to practise violin",
        "package": "hobby",
        "kind": "advice",
    }
    query, passage = HashingEmbedder(64).embed(["tune the violin strings", collection[2].passage])
    assert best["score"] == pytest.approx(float(np.dot(query, passage)), abs=1e-6)
    assert len(body["results"]) == 2
    assert (body["k"], body["mode"], body["index"], body["corpus"]) == (2, "vector", "exact", "0" * 64)


def test_the_second_of_two_equal_searches_is_a_hit(collection: Collection, embedder: Counting) -> None:
    """It is the very same bytes, and nothing is embedded for it."""

    async def scenario() -> None:
        search = make(collection, embedder)
        first, second = await search.answer(Query("bread")), await search.answer(Query("bread"))
        assert (first.cache, second.cache) == (CacheResult.MISS, CacheResult.HIT)
        assert second.body == first.body
        assert embedder.texts == ["bread"]
        assert list(first.stages_s) == ["cache", "embed", "ann", "serialise"]
        assert list(second.stages_s) == ["cache"]

    asyncio.run(scenario())


def test_bypassing_neither_reads_nor_writes_the_cache(collection: Collection, embedder: Counting) -> None:
    """Judging the answers must not warm the cache up, nor be answered from it."""

    async def scenario() -> None:
        search = make(collection, embedder)
        bypassing = Query("bread", use_cache=False)
        assert (await search.answer(bypassing)).cache is CacheResult.OFF
        assert entries(search) == 0
        await search.answer(Query("bread"))
        await search.answer(bypassing)
        assert len(embedder.texts) == 3

    asyncio.run(scenario())


@pytest.mark.parametrize("cached", [True, False])
def test_equal_searches_at_one_time_share_one_computation(
    collection: Collection, embedder: Counting, cached: bool
) -> None:
    """One misses, the others wait for it: with a cache or without."""

    async def scenario() -> None:
        search = make(collection, embedder, cached=cached, thread=True)
        answers = await asyncio.gather(*(search.answer(Query("bread")) for _ in range(5)))
        assert [answer.cache for answer in answers] == [CacheResult.MISS, *[CacheResult.COALESCED] * 4]
        assert len({answer.body for answer in answers}) == 1
        assert embedder.texts == ["bread"]
        assert list(answers[0].stages_s) == ["cache", "queue", "embed", "ann", "serialise"]
        assert list(answers[1].stages_s) == ["cache", "queue"]
        search.close()

    asyncio.run(scenario())


def test_without_single_flight_each_computes_for_itself(collection: Collection, embedder: Counting) -> None:
    """The switch is what makes them share."""

    async def scenario() -> None:
        search = make(collection, embedder, single_flight=False, thread=True)
        answers = await asyncio.gather(*(search.answer(Query("bread")) for _ in range(3)))
        assert [answer.cache for answer in answers] == [CacheResult.MISS] * 3
        assert embedder.texts == ["bread"] * 3
        search.close()

    asyncio.run(scenario())


def test_with_neither_cache_nor_single_flight_the_cache_is_off(collection: Collection, embedder: Counting) -> None:
    """As in the naive profile: every search computes everything."""

    async def scenario() -> None:
        search = make(collection, embedder, cached=False, single_flight=False)
        answers = [await search.answer(Query("bread")) for _ in range(2)]
        assert [answer.cache for answer in answers] == [CacheResult.OFF] * 2
        assert list(answers[0].stages_s) == ["embed", "ann", "serialise"]

    asyncio.run(scenario())


def test_added_documents_are_found_at_once_and_old_answers_are_gone(collection: Collection, embedder: Counting) -> None:
    """The same query before and after: the second must see the new document."""

    async def scenario() -> None:
        search = make(collection, embedder)
        await search.answer(Query("cake with sugar"))
        await search.add([CAKE])
        answer = await search.answer(Query("cake with sugar"))
        assert answer.cache is CacheResult.MISS
        assert orjson.loads(answer.body)["results"][0]["id"] == "cake"
        assert orjson.loads(answer.body)["corpus"] == collection.sha256 != "0" * 64

    asyncio.run(scenario())


def test_an_answer_from_before_is_not_kept_for_after(collection: Collection, embedder: Counting) -> None:
    """A search that began before documents were added may end after; it must not be what later ones are given."""

    async def scenario() -> None:
        search = make(collection, embedder, thread=True)
        slow = asyncio.create_task(search.answer(Query("cake with sugar")))
        await asyncio.sleep(0)
        collection.add([CAKE], HashingEmbedder(64).embed([CAKE.passage]))
        await slow
        assert entries(search) == 0
        assert (await search.answer(Query("cake with sugar"))).cache is CacheResult.MISS
        search.close()

    asyncio.run(scenario())


def test_what_was_under_way_when_answers_were_forgotten_is_not_kept(collection: Collection, embedder: Counting) -> None:
    """Whoever invalidates the cache wants nothing from before in it, also what was only just being computed."""

    async def scenario() -> None:
        search = make(collection, embedder, thread=True)
        assert search.tiers is not None
        slow = asyncio.create_task(search.answer(Query("bread")))
        while not embedder.texts:
            await asyncio.sleep(0)
        await search.tiers.forget(Selection())
        assert (await slow).cache is CacheResult.MISS
        assert entries(search) == 0
        search.close()

    asyncio.run(scenario())


def test_searches_get_their_turn_while_many_documents_are_added(collection: Collection, embedder: Counting) -> None:
    """Documents are embedded a few at a time, and none is seen before all are there."""

    async def scenario() -> None:
        search = make(collection, embedder)
        many = [Document(f"d{number}", f"Title {number}", "", "p", "k") for number in range(50)]
        adding = asyncio.create_task(search.add(many))
        answered_between = 0
        while not adding.done():
            await search.answer(Query("Title 49", use_cache=False))
            answered_between += len(collection) == 6
            assert len(collection) in (6, 56)
            await asyncio.sleep(0)
        assert answered_between >= 5
        body = orjson.loads((await search.answer(Query("Title 49", k=1))).body)
        assert body["results"][0]["id"] == "d49"
        assert len(collection) == 56

    asyncio.run(scenario())


def test_exact_and_ef_reach_the_index(collection: Collection, embedder: Counting) -> None:
    """The parameters of a search are those its index is asked with."""
    asked: list[tuple[int, int | None]] = []

    class Listening:
        name = "listening"

        def search(self, _vector: object, k: int, ef: int | None = None, _where: object = None) -> Neighbours:
            asked.append((k, ef))
            return [(1, 0.5)]

    collection.index = Listening()

    async def scenario() -> None:
        search = make(collection, embedder)
        listened = orjson.loads((await search.answer(Query("bread", k=3, ef=77))).body)
        exact = orjson.loads((await search.answer(Query("bread", k=3, exact=True))).body)
        assert (listened["index"], listened["results"][0]["id"]) == ("listening", "hobby.bicycle")
        assert (exact["index"], exact["results"][0]["id"]) == ("exact", "hobby.bread")

    asyncio.run(scenario())
    assert asked == [(4, 77)]  # one more than asked for tells whether there is a next page
