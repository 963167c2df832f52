"""Caches: bounded in bytes and in time, the least recently used going first; every loss is counted with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from target_stub.cache import CacheKey, key_of
from target_stub.caches import make_cache
from target_stub.caches.memory import ENTRY_BYTES, MemoryCache
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.query import Query


class Fixture:
    """A cache for three answers of a thousand bytes, a clock that stands still, and what was evicted."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.evicted: Counter[str] = Counter()
        self.cache = MemoryCache(3 * (1000 + ENTRY_BYTES), 60, self._count, lambda: self.now_s)

    def _count(self, reason: str, count: int) -> None:
        self.evicted[reason] += count


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


def key(query: str) -> CacheKey:
    return CacheKey(query, 10, "vector", False, None, "v1")


BODY = b"x" * 1000


def test_an_answer_is_kept_for_its_time(fixture: Fixture) -> None:
    """Up to the end of its time it is found, from then on it is not, and counts as gone for its age."""
    fixture.cache.put(key("a"), BODY)
    fixture.now_s = 59.9
    assert fixture.cache.get(key("a")) == BODY
    assert fixture.cache.entries() == 1
    fixture.now_s = 60.0
    assert fixture.cache.get(key("a")) is None
    assert fixture.cache.entries() == 0
    assert fixture.evicted == {"ttl": 1}


def test_reading_does_not_make_an_answer_younger(fixture: Fixture) -> None:
    """The time runs from when it was computed."""
    fixture.cache.put(key("a"), BODY)
    fixture.now_s = 59
    fixture.cache.get(key("a"))
    fixture.now_s = 61
    assert fixture.cache.get(key("a")) is None


def test_the_least_recently_used_goes_when_room_is_needed(fixture: Fixture) -> None:
    """An answer that is read stays; the one not read the longest goes, and counts as gone for its size."""
    for name in "abc":
        fixture.cache.put(key(name), BODY)
    fixture.cache.get(key("a"))
    fixture.cache.put(key("d"), BODY)
    assert [name for name in "abcd" if fixture.cache.get(key(name))] == ["a", "c", "d"]
    assert fixture.evicted == {"size": 1}


def test_a_large_answer_drives_out_several(fixture: Fixture) -> None:
    """Room is counted in bytes."""
    for name in "abc":
        fixture.cache.put(key(name), BODY)
    fixture.cache.put(key("d"), b"x" * (2 * 1000 + ENTRY_BYTES))
    assert [name for name in "abcd" if fixture.cache.get(key(name))] == ["c", "d"]
    assert fixture.evicted == {"size": 2}


def test_an_answer_larger_than_the_cache_is_not_kept(fixture: Fixture) -> None:
    """It would only drive out all others."""
    fixture.cache.put(key("a"), BODY)
    fixture.cache.put(key("b"), b"x" * 10_000)
    assert fixture.cache.get(key("b")) is None
    assert fixture.cache.get(key("a")) == BODY


def test_clearing_is_no_eviction(fixture: Fixture) -> None:
    """Adding documents forgets all answers; that is not for lack of room."""
    for name in "abc":
        fixture.cache.put(key(name), BODY)
    fixture.cache.clear()
    assert fixture.cache.entries() == 0
    assert fixture.evicted == {}


@pytest.mark.parametrize("other", [{"text": "b"}, {"k": 11}, {"mode": "hybrid"}, {"exact": True}, {"ef": 64}])
def test_all_that_an_answer_depends_on_is_in_its_key(fixture: Fixture, other: dict[str, Any]) -> None:
    """A search that differs in anything gets its own answer; how it came to the cache does not matter."""
    query = Query("a")
    fixture.cache.put(key_of(query, "v1"), BODY)
    assert fixture.cache.get(key_of(replace(query, **other), "v1")) is None
    assert fixture.cache.get(key_of(query, "v2")) is None
    assert fixture.cache.get(key_of(replace(query), "v1")) == BODY


def test_a_long_query_makes_no_long_key() -> None:
    """Keys are not counted in bytes, so they must be small; still each query has its own."""
    texts = [f"{'long ' * 300}{number}" for number in range(3)]
    keys = {key_of(Query(text), "v1") for text in texts}
    assert len(keys) == 3
    assert max(len(key.query) for key in keys) == 64


def test_the_config_chooses_the_cache() -> None:
    """Where it is off there is none, and an unknown one is a mistake."""
    config = Config()
    assert make_cache(replace(config, cache="off"), lambda _reason, _count: None) is None
    assert isinstance(make_cache(config, lambda _reason, _count: None), MemoryCache)
    with pytest.raises(ConfigError, match="'l2'"):
        make_cache(replace(config, cache="l2"), lambda _reason, _count: None)
