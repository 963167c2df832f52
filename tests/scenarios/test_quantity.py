"""Text to numbers in base units."""

from __future__ import annotations

import pytest

from scenarios.quantity import duration_s, rate_per_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30.0), ("250ms", 0.25), ("1m30s", 90.0), ("2h", 7200.0), ("1.5s", 1.5), (7, 7.0), ("50us", 5e-5)],
)
def test_a_duration_becomes_seconds(text, seconds):
    """Durations are written as in k6; a bare number means seconds."""
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "3 parsec", "s", "-3s", "10", "1m 3x", "ms5", True])
def test_what_is_no_duration_is_refused(text):
    """A text that is no duration is a mistake that shows how to write one."""
    with pytest.raises(ValueError, match="duration such as"):
        duration_s(text)


@pytest.mark.parametrize(
    ("text", "rate"), [("100/s", 100.0), ("50/2s", 25.0), ("6000/m", 100.0), (12, 12.0), ("0.5/s", 0.5)]
)
def test_a_rate_becomes_requests_per_second(text, rate):
    """Rates are written as in Vegeta; a bare number means per second."""
    assert rate_per_s(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["100", "fast", "100/", "100/0s", "/s", True])
def test_what_is_no_rate_is_refused(text):
    """A text that is no rate is a mistake that shows how to write one."""
    with pytest.raises(ValueError, match="rate"):
        rate_per_s(text)
