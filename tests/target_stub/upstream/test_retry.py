"""Backoff, retry budget, Retry-After and deadlines, by hand-written numbers."""

from __future__ import annotations

from random import Random

import pytest

from target_stub.request_error import RequestError
from target_stub.upstream.deadline import Deadline, deadline_of
from target_stub.upstream.refusal import retry_after_s
from target_stub.upstream.retry import Backoff, RetryBudget


def test_the_bound_of_the_wait_doubles_up_to_the_longest() -> None:
    """Full jitter: uniform from 0 to 0.1, 0.2, 0.4, ... 5 seconds; means of 2000 draws."""
    rng, backoff = Random(1), Backoff(0.1, 5.0)
    for tries, bound in ((1, 0.1), (2, 0.2), (3, 0.4), (10, 5.0), (100, 5.0)):
        draws = [backoff.wait_s(tries, rng) for _ in range(2000)]
        assert 0 <= min(draws) < 0.02 * bound
        assert 0.98 * bound < max(draws) <= bound
        assert sum(draws) / 2000 == pytest.approx(bound / 2, rel=0.05)


def test_the_budget_fills_by_requests_and_empties_by_retries() -> None:
    """Two at first; then ten requests for each, and never more than two saved up."""
    budget = RetryBudget(0.1, 2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    for _ in range(9):
        budget.requested()
    assert not budget.take()
    budget.requested()
    budget.requested()
    assert budget.take()
    for _ in range(1000):
        budget.requested()
    assert budget.left == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("99999999", 3600.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1e999", 3600.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, expected: float | None) -> None:
    """RFC 9110's two forms, a minute after the epoch; anything else is no header at all."""
    assert retry_after_s({"Retry-After": text}, 60.0) == expected


@pytest.mark.parametrize(
    ("headers", "left_s"),
    [
        ({}, 60.0),
        ({"X-Deadline-Ms": "1500"}, 1.5),
        ({"Request-Timeout": "2.5"}, 2.5),
        ({"X-Deadline-Ms": "900", "Request-Timeout": "5"}, 0.9),
        ({"X-Deadline-Ms": "999999"}, 60.0),
    ],
)
def test_the_earliest_deadline_counts(headers: dict[str, str], left_s: float) -> None:
    """Whichever header, and never more than the service's own bound."""
    deadline = deadline_of(headers, 60.0, lambda: 1000.0)
    assert deadline.left_s == pytest.approx(left_s)
    assert int(deadline.header()["X-Deadline-Ms"]) == pytest.approx(left_s * 1000, abs=1)


@pytest.mark.parametrize("text", ["", "soon", "-5", "0", "0.0", "1e3", "nan", "inf", "99999999999", "\u0663"])
@pytest.mark.parametrize("header", ["X-Deadline-Ms", "Request-Timeout"])
def test_a_deadline_that_is_no_number_is_refused(header: str, text: str) -> None:
    """A mistake must not become the longest time there is."""
    with pytest.raises(RequestError) as caught:
        deadline_of({header: text}, 60.0, lambda: 0.0)
    assert (caught.value.status, caught.value.code) == (400, "bad_deadline")
    assert header in str(caught.value)


def test_what_is_left_is_never_negative() -> None:
    """A deadline in the past leaves nothing."""
    assert Deadline(5.0, lambda: 9.0).left_s == 0
