"""Faults on request: each has the effect that it is named after, seen over HTTP, and all of them end."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from target_stub.faults.active import InjectedError
from tests.target_stub.redis_server import PROGRAMS, RedisServer

Serve = Callable[..., Any]
TOKEN = {"Authorization": "Bearer open sesame"}


@pytest.fixture
def broken(serve: Serve) -> Any:
    """Return a service that lets itself be broken."""
    return serve(faults=True, admin_token="open sesame")


def put(client: Any, **faults: Any) -> Any:
    answer = client.request("PUT", "/admin/faults", json=faults, headers=TOKEN)
    assert answer.status == 200, answer.body
    return answer.json


def took_ms(answer: Any) -> float:
    return float(answer.headers["X-Response-Time"].removesuffix("ms"))


def effects(client: Any, fault: str) -> float:
    return client.metric(f'fault_effects_total{{fault="{fault}"}}')


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("switches", "headers", "status", "code"),
    [
        ({"faults": True}, TOKEN, 403, "admin_off"),
        ({"faults": True, "admin_token": "open sesame"}, {}, 401, "no_admin_token"),
        ({"faults": True, "admin_token": "open sesame"}, {"Authorization": "Bearer x"}, 403, "wrong_admin_token"),
        ({"admin_token": "open sesame"}, TOKEN, 403, "faults_off"),
    ],
)
def test_nobody_breaks_a_service_by_accident(
    serve: Serve, method: str, switches: dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    """It takes the switch and the token; both are off by default."""
    client = serve(**switches)
    refused = client.request(method, "/admin/faults", json={"cache_off": True}, headers=headers)
    assert (refused.status, refused.error["code"]) == (status, code)
    assert client.service.faults.now is None


@pytest.mark.parametrize(
    ("faults", "code", "field"),
    [
        ({"latency": {"fixed_ms": -1}}, "out_of_range", "/latency/fixed_ms"),
        ({"latency": {"fixed_ms": 60_001}}, "out_of_range", "/latency/fixed_ms"),
        ({"latency": {"stages_ms": {"sleep": 1}}}, "unknown_value", "/latency/stages_ms"),
        ({"errors": {}}, "missing_field", "/errors/ratio"),
        ({"errors": {"ratio": 1.5}}, "out_of_range", "/errors/ratio"),
        ({"errors": {"ratio": 1, "status": 200}}, "out_of_range", "/errors/status"),
        ({"leak": {"bytes_per_request": 10**12}}, "out_of_range", "/leak/bytes_per_request"),
        ({"freeze": {"freeze_ms": 10, "every_s": 0}}, "out_of_range", "/freeze/every_s"),
        ({"expires_s": 0}, "out_of_range", "/expires_s"),
        ({"expires_s": 100_000}, "out_of_range", "/expires_s"),
        ({"gremlins": True}, "unknown_field", "/gremlins"),
    ],
)
def test_faulty_faults_are_refused_by_their_field(broken: Any, faults: dict[str, Any], code: str, field: str) -> None:
    """What was in force before stays so."""
    put(broken, cache_off=True)
    refused = broken.request("PUT", "/admin/faults", json=faults, headers=TOKEN)
    assert (refused.status, refused.error["code"], refused.error["field"]) == (400, code, field)
    assert broken.get("/admin/faults", headers=TOKEN).json["active"] == ["cache_off"]


def test_what_is_in_force_is_told_and_ends_on_request(broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    """By the answer, by a metric and in the log."""
    with caplog.at_level(logging.WARNING):
        told = put(broken, latency={"fixed_ms": 1}, errors={"ratio": 0}, expires_s=60)
    assert told["active"] == ["latency", "errors"]
    assert 0 < told["expires_in_s"] <= 60
    assert told["faults"]["latency"]["fixed_ms"] == 1
    assert "latency, errors" in caplog.text
    assert broken.metric('fault_active{fault="latency"}') == 1
    assert broken.metric('fault_active{fault="cpu"}') == 0
    none = {"active": [], "expires_in_s": None, "faults": None}
    assert broken.request("DELETE", "/admin/faults", headers=TOKEN).json == none
    assert broken.get("/admin/faults", headers=TOKEN).json == none
    assert broken.metric('fault_active{fault="latency"}') == 0


def test_a_forgotten_fault_ends_by_itself(broken: Any) -> None:
    """After the time that was asked for, ten minutes if none was."""
    assert 599 < put(broken, cache_off=True)["expires_in_s"] <= 600
    put(broken, errors={"ratio": 1}, expires_s=0.05)

    async def until_whole() -> None:
        while broken.service.faults.now is not None:
            await asyncio.sleep(0.01)

    broken._runner.run(asyncio.wait_for(until_whole(), 30))
    assert broken.search(query="bread").status == 200


def test_faults_spare_what_watches_the_service(broken: Any) -> None:
    """Probes, metrics and administration answer as ever, or nobody could see and end the faults."""
    put(broken, errors={"ratio": 1}, latency={"fixed_ms": 60_000})
    for path in ("/healthz", "/readyz", "/metrics", "/admin/config", "/"):
        assert broken.get(path).status == 200


def test_latency_is_added_to_every_request_and_more_to_some(broken: Any) -> None:
    """The fixed part to all, the tail's to its share, in the same order for the same seed."""
    broken.search(query="bread")
    put(broken, latency={"fixed_ms": 5})
    assert took_ms(broken.search(query="bread")) >= 5
    patterns = []
    for seed in (7, 7, 8):
        put(broken, latency={"tail_share": 0.5, "tail_ms": 1}, seed=seed)
        pattern = []
        for _ in range(24):
            before = effects(broken, "latency")
            broken.search(query="bread")
            pattern.append(effects(broken, "latency") > before)
        patterns.append(pattern)
    assert patterns[0] == patterns[1] != patterns[2]
    assert 4 <= sum(patterns[0]) <= 20  # all but one in 10 000 binomial draws of 24 at one half


def test_a_stage_is_slowed_where_it_happens(broken: Any) -> None:
    """The time is the stage's in Server-Timing, and an answer from the cache has no such stage."""
    put(broken, latency={"stages_ms": {"embed": 20}})
    miss, hit = broken.search(query="bread"), broken.search(query="bread")
    found = re.search(r"embed;dur=([\d.]+)", miss.headers["Server-Timing"])
    assert found
    assert float(found[1]) >= 20
    assert "embed" not in hit.headers["Server-Timing"]


def test_errors_have_the_status_and_the_share_that_was_asked_for(broken: Any) -> None:
    """They are problems like any other, counted like any other."""
    put(broken, errors={"ratio": 1, "status": 502})
    failed = broken.search(query="bread")
    assert (failed.status, failed.error["code"]) == (502, "injected_fault")
    assert (
        broken.metric('http_server_request_duration_seconds_count{route="/api/search",method="POST",code="502"}') == 1
    )
    put(broken, errors={"ratio": 0.5}, seed=3)
    statuses = [broken.search(query="bread").status for _ in range(24)]
    assert set(statuses) == {200, 503}
    put(broken, errors={"ratio": 0.5}, seed=3)
    assert [broken.search(query="bread").status for _ in range(24)] == statuses


def test_a_frozen_process_answers_nobody_for_a_while(broken: Any) -> None:
    """The event loop's lag shows it."""
    put(broken, freeze={"freeze_ms": 150, "every_s": 0.05})

    def lag_s() -> float:
        return broken.metric("asyncio_event_loop_lag_seconds_sum")

    before = lag_s()
    while lag_s() < before + 0.1:
        assert effects(broken, "freeze") < 100
    broken.request("DELETE", "/admin/faults", headers=TOKEN)
    assert effects(broken, "freeze") >= 1


def test_a_request_that_hangs_is_answered_when_the_fault_ends(broken: Any) -> None:
    """Until then it stays in flight."""
    put(broken, hang={"ratio": 1})

    async def scenario() -> Any:
        call = asyncio.create_task(broken.call("POST", "/api/search", json={"query": "bread"}))
        while not broken.service.metrics.in_flight:
            await asyncio.sleep(0)
        await broken.call("GET", "/healthz")
        assert not call.done()
        await broken.call("DELETE", "/admin/faults", headers=TOKEN)
        return await asyncio.wait_for(call, 30)

    assert broken._runner.run(scenario()).status == 200


def test_a_service_that_ends_lets_go_of_what_hangs(broken: Any) -> None:
    """Else no deployment could stop it in time."""
    put(broken, hang={"ratio": 1})

    async def scenario() -> Any:
        call = asyncio.create_task(broken.call("POST", "/api/search", json={"query": "bread"}))
        while not broken.service.metrics.in_flight:
            await asyncio.sleep(0)
        broken.service.readiness.draining = True
        return await asyncio.wait_for(call, 30)

    assert broken._runner.run(scenario()).status == 503


def test_a_leak_grows_with_requests_up_to_its_bound(broken: Any) -> None:
    """The process' resident memory shows it, in megabytes; with the fault, the memory goes."""
    resident = "process_resident_memory_bytes"
    trim = ctypes.CDLL(None).malloc_trim  # else what earlier tests freed would be taken first, and nothing would grow
    trim(0)
    before = broken.metric(resident)
    put(broken, leak={"bytes_per_request": 20_000_000, "max_bytes": 50_000_000})
    for _ in range(5):
        broken.search(query="bread")
    assert 40e6 < broken.metric(resident) - before < 90e6
    broken.request("DELETE", "/admin/faults", headers=TOKEN)
    trim(0)
    assert broken.metric(resident) - before < 30e6


def test_cpu_is_burnt_by_each_request(broken: Any) -> None:
    """The process' own clock shows it."""
    put(broken, cpu={"burn_ms": 30})
    before = broken.metric("process_cpu_seconds_total")
    for _ in range(5):
        assert took_ms(broken.search(query="bread")) >= 30
    assert broken.metric("process_cpu_seconds_total") > before
    assert effects(broken, "cpu") == 5


def test_results_are_lost_but_not_the_judges(broken: Any) -> None:
    """Dropped or replaced, from the cache or not; the exact scan finds the truth, and so do all when it is over."""
    whole = broken.search(query="bread", k=4).json
    put(broken, recall={"loss": 1})
    assert broken.search(query="bread", k=4).json["results"] == []
    assert broken.search(query="bread", k=4, params={"exact": True}).json["results"] == whole["results"]
    put(broken, recall={"loss": 0.5}, seed=1)
    half = broken.search(query="bread", k=4).json["results"]
    assert [result for result in whole["results"] if result in half] == half
    put(broken, recall={"loss": 1, "how": "replace"})
    replaced = broken.search(query="bread", k=4).json["results"]
    assert [result["score"] for result in replaced] == [result["score"] for result in whole["results"]]
    assert [result["id"] for result in replaced] != [result["id"] for result in whole["results"]]
    broken.request("DELETE", "/admin/faults", headers=TOKEN)
    assert broken.search(query="bread", k=4).json == whole


def test_the_cache_is_passed_by(broken: Any) -> None:
    """Every answer is computed, and says so."""
    broken.search(query="bread")
    put(broken, cache_off=True)
    assert [broken.search(query="bread").headers["X-Cache"] for _ in range(2)] == ["off", "off"]


@pytest.mark.parametrize("name", ["l2", "upstream"])
def test_trouble_with_another_service_meets_the_call(broken: Any, name: str) -> None:
    """Calls are late, or fail with an error of the connection; the other service's calls do not."""
    put(broken, **{name: {"latency_ms": 1, "error_ratio": 1}})
    now, other = broken.service.faults.now, {"l2": "upstream", "upstream": "l2"}[name]
    with pytest.raises(InjectedError):
        broken._runner.run(now.trouble(name))
    broken._runner.run(now.trouble(other))
    assert (effects(broken, name), effects(broken, other)) == (2, 0)


def test_a_secret_is_never_shown(broken: Any) -> None:
    """The configuration tells that there is a token, not which."""
    told = broken.get("/admin/config")
    assert told.json["config"]["admin_token"] == "(set)"
    assert b"sesame" not in told.body


def test_the_index_takes_longer_as_its_own_stage(broken: Any) -> None:
    """The time added to `ann` is in that stage of Server-Timing, and in no other."""
    put(broken, latency={"stages_ms": {"ann": 30}})
    timing = dict(its.split(";dur=") for its in broken.search(query="bread").headers["Server-Timing"].split(", "))
    assert float(timing["ann"]) >= 30
    assert effects(broken, "latency") == 1


@pytest.mark.skipif(not PROGRAMS, reason="there is no Redis server here")
@pytest.mark.parametrize(("fault", "trouble"), [({"latency_ms": 5000}, "timeout"), ({"error_ratio": 1}, "connection")])
def test_trouble_with_the_shared_cache_costs_its_time_out_and_no_answer(
    serve: Serve, tmp_path: Path, fault: dict[str, float], trouble: str
) -> None:
    """A real server that is late or gone: the search is answered all the same, and the trouble is counted."""
    with RedisServer(tmp_path) as server:
        client = serve(faults=True, admin_token="open sesame", cache="l2", redis_url=server.url, redis_timeout_ms=200.0)
        put(client, l2=fault)
        assert client.search(query="bread").status == 200
        assert client.metric(f'cache_troubles_total{{cache="l2",trouble="{trouble}"}}') >= 1
        assert effects(client, "l2") >= 1


def test_answers_are_kept_for_each_user_apart(serve: Serve) -> None:
    """With `cache_per_user` one user's answer is never another's; without it, it is."""

    def caches(client: Any) -> list[str]:
        ask = {"json": {"query": "bread"}}
        return [
            client.request("POST", "/api/search", headers={"X-User": user}, **ask).headers["X-Cache"]
            for user in ("ada", "ada", "bob", "ada", "bob")
        ]

    assert caches(serve(cache="l1", cache_per_user=True)) == ["miss", "hit", "miss", "hit", "hit"]
    assert caches(serve(cache="l1")) == ["miss", "hit", "hit", "hit", "hit"]
