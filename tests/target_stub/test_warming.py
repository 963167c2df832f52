"""Warming: what was asked often is there at the start, what usually follows is there in time, and tables stay small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from target_stub.cache import Selection
from target_stub.caches.warming import Frequencies, Successors, Warming, read_queries
from target_stub.errors import ConfigError
from target_stub.query import Query

Serve = Callable[..., Any]


def test_the_most_frequent_queries_are_known_and_the_table_is_bounded() -> None:
    """When there are too many, the rarer half goes."""
    frequencies = Frequencies(largest=4)
    for text, times in (("a", 5), ("b", 4), ("c", 1), ("d", 1), ("e", 1)):
        for _ in range(times):
            frequencies.note(Query(text))
    assert frequencies.most(10) == [(Query("a"), 5), (Query("b"), 4)]


def test_what_usually_follows_is_foreseen_for_each_session_apart() -> None:
    """Twice and in a third of the cases; a query again is no successor, and other sessions do not mix."""
    successors = Successors()
    a, b, c = Query("a"), Query("b"), Query("c")
    for session in ("one", "two"):
        successors.note(session, a)
    assert successors.after(a) is None
    successors.note("one", b)
    assert successors.after(a) is None
    successors.note("two", b)
    assert successors.after(a) == b
    successors.note("two", b)
    assert successors.after(b) is None
    for _ in range(8):
        successors.note("three", a)
        successors.note("three", c)
    assert successors.after(a) == c


def test_the_table_of_successors_is_bounded() -> None:
    """In queries, in successors of each, and in sessions."""
    successors = Successors(largest=3)
    for number in range(20):
        successors.note("one", Query("a"))
        successors.note("one", Query(f"b{number}"))
    assert len(successors._next) <= 3
    assert max(len(counts) for counts in successors._next.values()) <= 4


def test_what_was_asked_often_is_a_hit_after_the_next_start(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded when a service ends, computed before the next is ready; its first search is a hit."""
    monkeypatch.setenv("TENFOLD_CACHE_DIR", str(tmp_path))
    first = serve(cache_warm="recorded", cache_warm_count=1)
    for query in ("bread", "violin", "violin"):
        first.search(query=query, k=3)
    first._runner.run(first.service.caching.warming.close())
    second = serve(cache_warm="recorded")
    assert second.metric('cache_warmed_total{cause="start"}') == 1
    assert second.search(query="violin", k=3).headers["X-Cache"] == "hit"
    assert second.search(query="bread", k=3).headers["X-Cache"] == "miss"


def test_a_text_file_warms_the_cache(serve: Serve, tmp_path: Path) -> None:
    """A query a line; comments, blank and overlong lines are passed over."""
    file = tmp_path / "queries.txt"
    file.write_text(f"# often asked\nbread\n\n  the  violin\n{'x' * 3000}\n", encoding="utf-8")
    client = serve(cache_warm=str(file))
    assert client.metric('cache_warmed_total{cause="start"}') == 2
    assert client.search(query="the violin").headers["X-Cache"] == "hit"


def test_a_file_that_is_missing_or_damaged(serve: Serve, tmp_path: Path) -> None:
    """A file that was named must be there; a recording of another version is no reason not to start."""
    with pytest.raises(ConfigError, match="no file"):
        serve(cache_warm=str(tmp_path / "none.txt"))
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(b'[[{"unknown": 1}, "x"]')
    assert read_queries(damaged) == []
    assert read_queries(tmp_path / "none.json") == []


def test_what_usually_follows_is_there_when_it_is_asked_for(serve: Serve, wait_for: Callable[..., None]) -> None:
    """After two sessions that went the same way the third finds its second query answered."""
    client = serve(cache_predict=True, cache_ttl_s=3600)
    for _ in range(2):
        client.search(query="bread")
        client.search(query="violin")
    client.service.caching.tiers.first.forget(Selection())
    client.search(query="bread")

    def predicted() -> bool:
        client._runner.run(asyncio.sleep(0.01))
        return client.metric('cache_warmed_total{cause="predicted"}') == 1

    wait_for(predicted)
    assert client.search(query="violin").headers["X-Cache"] == "hit"
    assert client.metric('cache_predictions_total{result="hit"}') == 1


def test_nothing_is_computed_ahead_where_answers_are_each_users_own(serve: Serve) -> None:
    """What one user usually asks next is nothing to compute for another."""
    assert serve(cache_predict=True, cache_per_user=True).service.caching.warming is None
    assert serve(cache="off", cache_predict=True).service.caching.warming is None
    assert isinstance(serve(cache_predict=True).service.caching.warming, Warming)
