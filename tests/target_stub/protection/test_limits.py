"""Limits of users: buckets and quotas by their definition, bounded in memory, told over HTTP, shared through Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from target_stub.protection.allowance import DAY_S, Allowances, Limits
from target_stub.protection.caller import caller_of
from target_stub.protection.shared_allowance import SharedAllowances
from tests.target_stub.redis_server import RedisServer

Serve = Callable[..., Any]
MIDNIGHT_S = 20_000.0 * DAY_S


def test_a_bucket_lets_its_burst_pass_and_then_its_rate() -> None:
    """Two at once, then one each half second; a refusal takes nothing."""
    allowances = Allowances(Limits(rate_per_s=2, burst=2, per_day=0), 10)
    asked = [0.0, 0.0, 0.0, 0.25, 0.5, 0.5, 1.0, 9.0, 9.0, 9.0]
    allowed = [allowances.take("a", MIDNIGHT_S + at_s).allowed for at_s in asked]
    assert allowed == [True, True, False, False, True, False, True, True, True, False]
    assert allowances.take("b", MIDNIGHT_S).allowed


def test_a_quota_lasts_until_midnight() -> None:
    """In UTC; the time that is told is what is left of the day."""
    allowances = Allowances(Limits(rate_per_s=0, burst=1, per_day=2), 10)
    late_s = MIDNIGHT_S - 100
    decisions = [allowances.take("a", late_s) for _ in range(3)]
    assert [its.allowed for its in decisions] == [True, True, False]
    assert [its.remaining for its in decisions] == [1, 0, 0]
    assert (decisions[2].refused_by, decisions[2].reset_s) == ("day", 100)
    assert allowances.take("a", MIDNIGHT_S).allowed


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    """And takes nothing either."""
    allowances = Allowances(Limits(rate_per_s=1, burst=1, per_day=0), 10)
    assert allowances.take("a", MIDNIGHT_S + 10).allowed
    assert not allowances.take("a", MIDNIGHT_S).allowed


def test_users_are_remembered_up_to_a_number() -> None:
    """However many names somebody invents; the one not seen longest goes."""
    allowances = Allowances(Limits(rate_per_s=0.001, burst=1, per_day=0), 100)
    for number in range(10_000):
        allowances.take(f"user {number}", MIDNIGHT_S)
    assert len(allowances) == 100
    assert not allowances.take("user 9999", MIDNIGHT_S).allowed
    assert allowances.take("user 0", MIDNIGHT_S).allowed


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-User": "ann"}, "user:ann"),
        ({}, "address:127.0.0.1"),
        ({"X-User": ""}, "address:127.0.0.1"),
    ],
)
def test_a_caller_is_known_by_name_or_address(headers: dict[str, str], expected: str) -> None:
    """A key goes before a name, and is not kept itself."""
    assert caller_of(headers, "127.0.0.1") == expected
    keyed = caller_of({**headers, "X-API-Key": "secret"}, "127.0.0.1")
    assert keyed.startswith("key:")
    assert "secret" not in keyed


@pytest.mark.parametrize("name", ["u" * 8000, "\udcff\udcfe" * 100, "é\u202e" * 50])
def test_a_hostile_name_takes_no_more_memory_than_another(name: str) -> None:
    """It is kept as a digest; different ones stay different."""
    assert len(caller_of({"X-User": name}, None)) <= 70
    assert caller_of({"X-User": name}, None) != caller_of({"X-User": name + "x"}, None)


def test_limits_are_told_with_every_answer(serve: Serve) -> None:
    """What is left, and when there is more; beyond them status 429, counted; other users are not concerned."""
    client = serve(rate_limit_per_s=0.01, rate_limit_burst=2)
    search = {"json": {"query": "bread"}, "headers": {"X-User": "ann"}}
    answers = [client.post("/api/search", **search) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    refused = answers[2]
    assert refused.error["code"] == "too_many_requests"
    assert 98 <= int(refused.headers["Retry-After"]) <= 100
    assert refused.headers["RateLimit-Limit"] == "2"
    assert client.post("/api/search", json={"query": "bread"}, headers={"X-User": "bob"}).status == 200
    assert client.search(query="bread").status == 200
    assert client.metric('ratelimit_decisions_total{decision="refused",limit="rate"}') == 1
    assert client.metric('ratelimit_decisions_total{decision="allowed",limit="user"}') == 4
    assert client.metric('http_server_requests_shed_total{reason="rate_limit"}') == 1
    assert client.get("/healthz").status == 200


def test_a_used_up_quota_is_told(serve: Serve) -> None:
    """As a problem of its own, with the rest of the day."""
    client = serve(daily_quota=1)
    assert client.search(query="bread").headers["RateLimit-Remaining"] == "0"
    refused = client.search(query="bread")
    assert (refused.status, refused.error["code"]) == (429, "quota_used_up")
    assert 0 < int(refused.headers["Retry-After"]) <= DAY_S


def test_a_service_without_limits_says_nothing_of_them(client: Any) -> None:
    """Nor does it have a gate at all."""
    assert client.service.gate is None
    assert "RateLimit-Limit" not in client.search(query="bread").headers


def test_workers_share_a_users_limits(tmp_path: Path) -> None:
    """Two of them together allow what one would; without the server each counts for itself, and nobody is refused."""
    limits = Limits(rate_per_s=0.001, burst=10, per_day=15)

    async def scenario() -> None:
        with RedisServer(tmp_path) as server:
            workers = [SharedAllowances(limits, Allowances(limits, 10), server.url, 5.0) for _ in range(2)]
            decisions = await asyncio.gather(*(workers[number % 2].take("a", MIDNIGHT_S) for number in range(30)))
            assert sum(its.allowed for its in decisions) == 10
            again = [await workers[0].take("a", MIDNIGHT_S + 9000.0 + 1000 * number) for number in range(8)]
            assert [its.refused_by for its in again] == [""] * 5 + ["day"] * 3
            server.stop()
            assert (await workers[0].take("a", MIDNIGHT_S)).allowed
            for worker in workers:
                await worker.close()

    asyncio.run(scenario())
