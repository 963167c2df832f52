"""The client when the model server fails: what is tried again, how often, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from target_stub.upstream.failure import Outcome, UpstreamError
from tests.target_stub.upstream.conftest import ANSWER, Asking, request, seconds

Make = Callable[..., Any]


def failure(asking: Asking, **asked: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        asking.answer(**asked)
    return caught.value


@pytest.mark.parametrize(
    ("troubles", "outcome"),
    [
        ({"error_ratio": 1, "error_status": 500}, "failed"),
        ({"error_ratio": 1, "error_status": 503}, "failed"),
        ({"break_ratio": 1, "after_tokens": 0}, "broken"),
        ({"garbage_ratio": 1, "after_tokens": 0}, "garbage"),
        ({"limit_per_s": 1, "limit_burst": 1}, "rate_limited"),
    ],
)
def test_before_the_first_word_it_is_tried_three_times(start: Make, ask: Make, troubles: Any, outcome: str) -> None:
    """Whatever the failure: two retries, counted with their reason."""
    asking = ask(start(**troubles).url)
    if outcome == "rate_limited":
        asking.answer()  # takes the one that is allowed
    assert failure(asking).outcome == outcome
    assert asking.ended(outcome) == 3
    assert asking.metric(f'upstream_retries_total{{reason="{outcome}",sent="yes"}}') == 2
    assert len(asking.waited) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refusal_is_not_tried_again(start: Make, ask: Make, status: int) -> None:
    """The same request would be refused again."""
    asking = ask(start(error_ratio=1, error_status=status).url)
    assert failure(asking).outcome is Outcome.REFUSED
    assert asking.ended("refused") == 1


def test_a_second_try_may_be_good(start: Make, ask: Make) -> None:
    """With half of all requests failing, nearly all questions are answered."""
    asking = ask(start(error_ratio=0.5).url, retry_burst=100, breaker=None)
    right = 0
    for _ in range(20):
        try:
            right += asking.answer() == ANSWER
        except UpstreamError:
            continue
    assert right >= 14  # 17.5 are expected
    assert asking.ended("ok") == right


@pytest.mark.parametrize(
    ("troubles", "outcome"),
    [({"break_ratio": 1}, "broken"), ({"garbage_ratio": 1}, "garbage"), ({"stall_ratio": 1}, "timeout")],
)
def test_after_the_first_word_nothing_is_tried_again(start: Make, ask: Make, troubles: Any, outcome: str) -> None:
    """The caller has words already; a second answer might go on with others."""
    asking = ask(start(**troubles, after_tokens=3).url, read_timeout_s=0.1)
    words: list[str] = []

    async def read() -> None:
        stream = await asking.upstream.open(request(), seconds(20))
        async for its in stream:
            words.append(its)  # noqa: PERF401 (what came before the failure is asked about)

    with pytest.raises(UpstreamError) as caught:
        asking.run(read())
    assert caught.value.outcome == outcome
    assert 1 <= len(words) <= 3  # what arrived together with the end of the connection may be lost
    assert ANSWER.startswith("".join(words))
    assert asking.ended(outcome) == 1
    assert asking.waited == []


def test_a_stall_before_the_first_word_is_a_timeout_and_is_tried_again(start: Make, ask: Make) -> None:
    """The read time-out, not the deadline, ends each of three tries."""
    asking = ask(start(stall_ratio=1, after_tokens=0).url, read_timeout_s=0.05)
    assert failure(asking).outcome is Outcome.TIMEOUT
    assert asking.ended("timeout") == 3


def test_a_late_first_word_is_waited_for_within_the_time_out(start: Make, ask: Make) -> None:
    """Slow is not down."""
    asking = ask(start(slow_ratio=1, slow_s=2).url)
    assert asking.answer() == ANSWER
    assert asking.ended("ok") == 1


def test_retry_after_is_honoured(start: Make, ask: Make) -> None:
    """The server's word is the least that is waited, whatever the own backoff says."""
    server = start(limit_per_s=0.25, limit_burst=1)
    asking = ask(server.url)
    asking.answer()
    error = failure(asking)
    assert all(3 <= its <= 4 for its in asking.waited)
    assert error.retry_after_s is not None


def test_what_would_come_after_the_deadline_is_not_tried(start: Make, ask: Make) -> None:
    """Coming again in 100 s is of no use to a caller who waits 20; it is told so instead."""
    server = start(limit_per_s=0.01, limit_burst=1)
    asking = ask(server.url)
    asking.answer()
    error = failure(asking, deadline_s=20)
    assert (error.outcome, error.retry_after_s) == (Outcome.RATE_LIMITED, 100)
    assert (asking.ended("rate_limited"), asking.waited) == (1, [])


def test_a_storm_of_429_adds_at_most_a_tenth_to_the_load(start: Make, ask: Make) -> None:
    """200 requests all refused: 10 + 200/10 retries, where without the budget there would be 400."""
    server = start(limit_per_s=1e-6, limit_burst=1)
    bounded = ask(server.url, retry_share=0.1, retry_burst=10)
    bounded.answer()
    for _ in range(200):
        with pytest.raises(UpstreamError):
            bounded.answer(deadline_s=1e9)
    sent = bounded.ended("rate_limited")
    assert 200 + 20 <= sent <= 200 + 31
    refused = bounded.metric('upstream_retries_total{reason="rate_limited",sent="no"}')
    assert refused > 150
    unbounded = ask(server.url, retry_burst=1e9)
    for _ in range(20):
        with pytest.raises(UpstreamError):
            unbounded.answer(deadline_s=1e9)
    assert unbounded.ended("rate_limited") == 60
