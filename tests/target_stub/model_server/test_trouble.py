"""What goes wrong on request: by header, by ratio, by rate."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from target_stub.model_server.trouble import RateLimit, Trouble, TroubleRates, asked_for


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("status=503", Trouble(status=503)),
        ("status=429; retry-after=2", Trouble(status=429, retry_after=2)),
        ("slow=1.5;stall=3", Trouble(slow=1.5, stall=3)),
        ("break=0", Trouble(break_=0)),
        ("garbage=2", Trouble(garbage=2)),
    ],
)
def test_a_header_asks_for_trouble(header: str, expected: Trouble) -> None:
    """One kind or several."""
    assert asked_for(header) == expected


@pytest.mark.parametrize(
    "header", ["", "fire", "status=abc", "status=200", "status=600", "stall=-1", "slow=nan", "slow=inf", "break=1.5"]
)
def test_a_header_that_is_not_understood_is_refused(header: str) -> None:
    """A test that asks for a fault and gets none would pass for ever."""
    with pytest.raises(ValueError, match="X-Trouble"):
        asked_for(header)


def test_ratios_are_kept_and_do_not_move_one_another() -> None:
    """A tenth fails; and the same requests fail when another ratio is changed."""
    some, more = (TroubleRates(error_ratio=0.1, error_status=502, stall_ratio=its) for its in (0.0, 0.5))
    one, other = Random(3), Random(3)
    failing = [some.draw(one).status for _ in range(5000)]
    assert failing.count(502) == pytest.approx(500, abs=70)
    assert [more.draw(other).status for _ in range(5000)] == failing


def test_a_ratio_beyond_one_is_refused() -> None:
    """At the door, with the field's name."""
    with pytest.raises(msgspec.ValidationError, match=r"error_ratio"):
        msgspec.json.decode(b'{"error_ratio": 1.5}', type=TroubleRates)


def test_the_rate_limit_lets_a_burst_pass_and_then_the_rate() -> None:
    """Written out: 2 at once, then one every half second; the wait is told."""
    limit = RateLimit(2.0, 2, 100.0)
    assert [limit.wait_s(100.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert limit.wait_s(100.25) == pytest.approx(0.25)
    assert limit.wait_s(100.5) == 0.0
    assert [limit.wait_s(200.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert RateLimit(0.0, 1, 0.0).wait_s(0.0) == 0.0
