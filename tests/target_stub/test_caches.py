"""Caches: bounded in bytes and in time, the least recently used going first; every loss is counted with its reason."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from target_stub.cache import WHAT_IS_ASKED, CacheKey, Origin, Selection, digest_of
from target_stub.caches import make_tiers
from target_stub.caches.counting import CacheMetrics
from target_stub.caches.memory import ENTRY_BYTES, MemoryCache
from target_stub.caches.tiers import Lifetimes, Tiers
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.metrics import Metrics
from target_stub.query import Query

ENTRY = 1000 + 1 + ENTRY_BYTES  # of a body of a thousand bytes and a query of one character


class Fixture:
    """A cache for three answers of a thousand bytes, a clock that stands still, and what was evicted."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.evicted: Counter[str] = Counter()
        self.foreseen: list[bool] = []
        self.cache = MemoryCache(3 * ENTRY, self._count, self.foreseen.append, lambda: self.now_s)

    def _count(self, reason: str, count: int) -> None:
        self.evicted[reason] += count

    def put(self, name: str, body: bytes, ttl_s: float = 60, origin: Origin = Origin.REQUEST) -> None:
        self.cache.put(key(name), body, ttl_s, origin)


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


def key(query: str) -> CacheKey:
    return CacheKey(Query(query), "v1")


BODY = b"x" * 1000


def test_an_answer_is_kept_for_its_time(fixture: Fixture) -> None:
    """Up to the end of its time it is found, from then on it is not, and counts as gone for its age."""
    fixture.put("a", BODY)
    fixture.now_s = 59.9
    assert fixture.cache.get(key("a")) == BODY
    assert fixture.cache.entries() == 1
    fixture.now_s = 60.0
    assert fixture.cache.get(key("a")) is None
    assert fixture.cache.entries() == 0
    assert fixture.evicted == {"ttl": 1}


def test_reading_does_not_make_an_answer_younger(fixture: Fixture) -> None:
    """The time runs from when it was computed."""
    fixture.put("a", BODY)
    fixture.now_s = 59
    fixture.cache.get(key("a"))
    fixture.now_s = 61
    assert fixture.cache.get(key("a")) is None


def test_the_least_recently_used_goes_when_room_is_needed(fixture: Fixture) -> None:
    """An answer that is read stays; the one not read the longest goes, and counts as gone for its size."""
    for name in "abc":
        fixture.put(name, BODY)
    fixture.cache.get(key("a"))
    fixture.put("d", BODY)
    assert [name for name in "abcd" if fixture.cache.get(key(name))] == ["a", "c", "d"]
    assert fixture.evicted == {"size": 1}


def test_a_large_answer_drives_out_several(fixture: Fixture) -> None:
    """Room is counted in bytes."""
    for name in "abc":
        fixture.put(name, BODY)
    fixture.put("d", b"x" * (2 * ENTRY - ENTRY_BYTES - 1))
    assert [name for name in "abcd" if fixture.cache.get(key(name))] == ["c", "d"]
    assert fixture.evicted == {"size": 2}


def test_an_answer_larger_than_the_cache_is_not_kept(fixture: Fixture) -> None:
    """It would only drive out all others."""
    fixture.put("a", BODY)
    fixture.put("b", b"x" * 10_000)
    assert fixture.cache.get(key("b")) is None
    assert fixture.cache.get(key("a")) == BODY


def test_each_answer_has_its_own_time(fixture: Fixture) -> None:
    """One that found nothing is kept shorter than its neighbours."""
    fixture.put("a", BODY, 60)
    fixture.put("b", BODY, 5)
    fixture.now_s = 5
    assert [name for name in "ab" if fixture.cache.get(key(name))] == ["a"]


def test_the_size_is_that_of_what_is_kept(fixture: Fixture) -> None:
    """The bound, the metric and the sum of the entries are the same bytes."""
    for name in "ab":
        fixture.put(name, BODY)
    assert fixture.cache.size_bytes() == 2 * ENTRY


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(), []),
        (Selection(query="bread"), ["bread rolls", "violin"]),
        (Selection(prefix="bread"), ["violin"]),
        (Selection(prefix="chess"), ["bread", "bread rolls", "violin"]),
    ],
)
def test_what_is_to_be_forgotten_is_chosen_by_its_words(selection: Selection, left: list[str]) -> None:
    """All, one query's answers of every kind, or those to queries that begin so; none of it is an eviction."""
    evicted: Counter[str] = Counter()
    cache = MemoryCache(100_000, lambda reason, count: evicted.update({reason: count}))
    words = ["bread", "bread rolls", "violin"]
    for text in words:
        cache.put(CacheKey(Query(text), "v1"), BODY, 60)
        cache.put(CacheKey(Query(text, k=3), "v1"), BODY, 60)
    assert cache.forget(selection) == 2 * (3 - len(left))
    assert [text for text in words if cache.get(CacheKey(Query(text, k=3), "v1"))] == left
    assert evicted == {}


def test_a_selection_is_by_query_or_by_prefix() -> None:
    """Both at once would leave open which is meant."""
    with pytest.raises(ValueError, match="either"):
        Selection(query="a", prefix="a")


def test_predictions_are_told_hit_or_wasted_once(fixture: Fixture) -> None:
    """One that was asked for is a hit, however often; one that goes unasked, for its age or for its size, is wasted."""
    fixture.put("a", BODY, 60, Origin.PREDICTED)
    assert key("a") in fixture.cache
    assert fixture.foreseen == []
    for _ in range(2):
        fixture.cache.get(key("a"))
    assert fixture.foreseen == [True]
    fixture.put("b", BODY, 10, Origin.PREDICTED)
    fixture.now_s = 10
    fixture.cache.entries()
    assert fixture.foreseen == [True, False]
    for name in "cdef":
        fixture.put(name, BODY, 60, Origin.PREDICTED if name == "c" else Origin.REQUEST)
    assert fixture.foreseen == [True, False, False]


OTHER_VALUES = {"text": "b", "k": 11, "mode": "hybrid", "exact": True, "ef": 64}


@pytest.mark.parametrize("field", WHAT_IS_ASKED)
def test_all_that_an_answer_depends_on_is_in_its_key(fixture: Fixture, field: str) -> None:
    """A search that differs in anything gets its own answer, in both levels."""
    query = Query("a")
    other = replace(query, **{field: OTHER_VALUES.get(field, "another value")})
    fixture.cache.put(CacheKey(query, "v1"), BODY, 60)
    assert fixture.cache.get(CacheKey(other, "v1")) is None
    assert fixture.cache.get(CacheKey(replace(query), "v1")) == BODY
    assert digest_of(CacheKey(other, "v1")) != digest_of(CacheKey(query, "v1"))
    assert digest_of(CacheKey(replace(query), "v1")) == digest_of(CacheKey(query, "v1"))


def test_version_and_user_are_in_the_key_and_the_way_to_the_cache_is_not() -> None:
    """Another version or user has another answer; who used the cache and who went past it would have the same."""
    query = Query("a")
    keys = [CacheKey(query, "v1"), CacheKey(query, "v2"), CacheKey(query, "v1", "ann"), CacheKey(query, "v1", "bob")]
    assert len({*keys}) == len({digest_of(its) for its in keys}) == 4
    same: dict[str, Any] = {"use_cache": False, "user": "ann"}
    assert CacheKey(replace(query, **same), "v1") == keys[0]
    assert digest_of(CacheKey(replace(query, **same), "v1")) == digest_of(keys[0])


def test_a_digest_is_the_same_in_every_process() -> None:
    """Python's own hashes differ from process to process; two services must find each other's answers."""
    code = (
        "from target_stub.cache import CacheKey, digest_of; from target_stub.query import Query;"
        "print(digest_of(CacheKey(Query('caf\\u00e9', k=3), 'v1', 'ann')).hex())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


NOTHING = b'{"results":[],"k":10}'


def test_an_answer_that_found_nothing_is_kept_for_its_own_time(fixture: Fixture) -> None:
    """Never longer than the others; with a time of 0 it is not kept."""
    for negative_s, expected_s in ((5.0, 5.0), (600.0, 60.0)):
        tiers = Tiers(fixture.cache, None, Lifetimes(60.0, negative_s))
        fixture.now_s += 1000
        began_s = fixture.now_s
        tiers.put(key("a"), NOTHING)
        fixture.now_s = began_s + expected_s - 0.1
        assert tiers.get(key("a")) == NOTHING
        fixture.now_s = began_s + expected_s
        assert tiers.get(key("a")) is None
    Tiers(fixture.cache, None, Lifetimes(60.0, 0.0)).put(key("b"), NOTHING)
    assert key("b") not in fixture.cache


def test_the_config_chooses_the_levels() -> None:
    """Where it is off there is none, and an unknown one is a mistake."""

    def made(cache: str) -> Tiers | None:
        return make_tiers(replace(Config(), cache=cache), CacheMetrics(Metrics(), "off", lambda: None))

    assert made("off") is None
    levels = {cache: made(cache) for cache in ("l1", "l2", "l1+l2")}
    assert {cache: (its.first is not None, its.second is not None) for cache, its in levels.items() if its} == {
        "l1": (True, False),
        "l2": (False, True),
        "l1+l2": (True, True),
    }
    with pytest.raises(ConfigError, match="'l3'"):
        made("l3")


def test_an_address_that_cannot_be_one_is_a_mistake() -> None:
    """Told in two lines, and without the password that may be in it."""
    config = Config(cache="l2", redis_url="http://:secret@example.test:80")
    with pytest.raises(ConfigError, match=r"http://example\.test:80") as told:
        make_tiers(config, CacheMetrics(Metrics(), "l2", lambda: None))
    assert "secret" not in str(told.value)
