"""What callers see when the model server fails: a clear status before the first word, a clear event after it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.target_stub.answering.conftest import COMPLEX, until

Start = Callable[..., Any]


@pytest.mark.parametrize(
    ("models", "switches", "status", "code"),
    [
        ({"error_ratio": 1, "error_status": 500}, {}, 502, "upstream_failed"),
        ({"error_ratio": 1, "error_status": 503}, {}, 502, "upstream_failed"),
        ({"error_ratio": 1, "error_status": 400}, {}, 502, "upstream_refused"),
        ({"break_ratio": 1, "after_tokens": 0}, {}, 502, "upstream_failed"),
        ({"garbage_ratio": 1, "after_tokens": 0}, {}, 502, "upstream_failed"),
        ({"stall_ratio": 1, "after_tokens": 0}, {"upstream_read_timeout_s": 0.05}, 504, "upstream_timeout"),
        ({"stall_ratio": 1, "after_tokens": 0}, {"answer_deadline_s": 0.1}, 504, "deadline_exceeded"),
        ({"api_key": "sesame"}, {}, 502, "upstream_refused"),
    ],
)
def test_before_the_first_word_a_failure_is_a_status(
    start: Start, models: Any, switches: Any, status: int, code: str
) -> None:
    """With its own code, when to come again unless that changes nothing, and no word of the model server's own."""
    answers = start(models=models, upstream_retries=0, **switches)
    refused = answers.ask()
    assert (refused.status, refused.json["code"]) == (status, code)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in refused.headers) == (code != "upstream_refused")
    assert answers.metric(f'answer_failures_total{{code="{code}"}}') == 1
    labels = f'{{route="/api/answer",method="POST",code="{status}"}}'
    assert answers.metric(f"http_server_request_duration_seconds_count{labels}") == 1


def test_a_stream_whose_sources_wait_has_a_status_too(start: Start) -> None:
    """Without the switch the stream begins with the first word, and a failure before it is no stream."""
    models = {"error_ratio": 1, "error_status": 500}
    late = start(models=models, upstream_retries=0, answer_sources_first=False)
    assert late.client.post("/api/answer", json={"question": COMPLEX}).status == 502
    early = start(models=models, upstream_retries=0).stream(COMPLEX)
    assert (early.status, early.names) == (200, ["sources", "error"])
    assert (early.one("error")["code"], early.one("error")["status"]) == ("upstream_failed", 502)


@pytest.mark.parametrize(
    ("models", "code"),
    [
        ({"break_ratio": 1}, "upstream_failed"),
        ({"garbage_ratio": 1}, "upstream_failed"),
        ({"stall_ratio": 1}, "upstream_timeout"),
    ],
)
def test_after_the_first_word_a_failure_is_an_event(start: Start, models: Any, code: str) -> None:
    """The words that came stay; then the problem, and no end as if all were well. Nothing is sent again."""
    answers = start(models=models | {"after_tokens": 3}, upstream_read_timeout_s=0.1)
    heard = answers.stream(COMPLEX)
    assert heard.names == ["sources", "token", "error"]
    assert heard.one("error")["code"] == code
    assert heard.one("error")["instance"] == f"/requests/{heard.headers['X-Request-ID']}"
    assert answers.metric('answer_tokens_total{kind="completion",model="large"}') >= 1


def test_a_model_server_that_is_down_from_the_start(start: Start) -> None:
    """The service is ready and searches; questions are refused as unreachable, and after five not even sent."""
    with socket.socket() as taken:  # bound, but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        answers = start(models=None, upstream_url=url, upstream_warm_connections=2, upstream_retries=0)
        assert answers.client.get("/readyz").status == 200
        assert answers.client.search(query="bread").status == 200
        codes = [answers.ask(cache="bypass") for _ in range(6)]
    assert [its.status for its in codes] == [502] * 5 + [503]
    assert [its.json["code"] for its in codes] == ["upstream_unreachable"] * 5 + ["upstream_unavailable"]
    assert all(its.headers["Retry-After"] == "1" for its in codes)
    assert answers.metric("upstream_circuit_open") == 1


def test_to_be_told_to_wait_is_passed_on(start: Start) -> None:
    """429 with a time to come again becomes 503 with the same time."""
    answers = start(models={"limit_per_s": 0.01, "limit_burst": 1}, upstream_retries=0)
    answers.ask()
    refused = answers.ask(COMPLEX)
    assert (refused.status, refused.json["code"]) == (503, "upstream_busy")
    assert 90 <= int(refused.headers["Retry-After"]) <= 100


def test_a_late_first_word_is_waited_for(start: Start) -> None:
    """Slow is no failure."""
    assert start(models={"slow_ratio": 1, "slow_s": 3}).ask().status == 200


def test_the_callers_deadline_is_kept_and_passed_on(start: Start) -> None:
    """A second given: refused as over, and the model server was told how long it had."""
    answers = start(models={"stall_ratio": 1, "after_tokens": 0})
    refused = answers.ask(headers={"Request-Timeout": "1"})
    assert (refused.status, refused.json["code"]) == (504, "deadline_exceeded")
    ended = ("deadline", "left")
    answers.run(until(lambda: sum(answers.models.count("tenfold-small", its) for its in ended)))


@pytest.mark.parametrize("tokens", [0, 3])
def test_when_the_caller_leaves_the_model_stops(start: Start, tokens: int) -> None:
    """Before the first word and in the middle: the request at the model server ends, and is counted as left."""
    answers = start(models={"stall_ratio": 1, "after_tokens": tokens}, answer_sources_first=False)

    async def leave() -> None:
        asking = asyncio.create_task(answers.client._client.post("/api/answer", json={"question": COMPLEX}))
        await until(lambda: b"model_requests_in_flight 1.0" in answers.models.exposition())
        if tokens:
            (await asking).close()
        else:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: answers.models.count("tenfold-large", "left"))
        await until(lambda: not answers.service.metrics.in_flight)

    answers.run(leave())
    assert answers.asked("left", "large") == 1
    code = '{route="/api/answer",method="POST",code="499"}'
    assert answers.metric(f"http_server_request_duration_seconds_count{code}") == 1


def test_the_harness_may_ask_for_upstream_trouble(start: Start) -> None:
    """The fault `upstream` of the service itself looks like a lost connection."""
    answers = start(faults=True, admin_token="sesame", upstream_retries=0)
    faults = {"upstream": {"error_ratio": 1.0}, "expires_s": 60}
    set_ = answers.client.request("PUT", "/admin/faults", json=faults, headers={"Authorization": "Bearer sesame"})
    assert set_.status == 200
    assert answers.ask().json["code"] == "upstream_failed"
    assert answers.asked("broken") == 1


def test_a_key_is_sent_and_shown_nowhere(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the environment; configuration, metrics and errors know only the variable's name."""
    monkeypatch.setenv("MODEL_KEY", "sesame-open")
    answers = start(models={"api_key": "sesame-open"}, upstream_api_key_env="MODEL_KEY")
    assert answers.ask().status == 200
    shown = b"".join(answers.client.get(path).body for path in ("/admin/config", "/metrics", "/openapi.json", "/"))
    assert b"MODEL_KEY" in shown
    assert b"sesame-open" not in shown
