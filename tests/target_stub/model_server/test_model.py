"""How long the models take: skewed, seeded, the same for the same question whatever else is asked."""

from __future__ import annotations

import statistics
from itertools import islice
from math import log
from random import Random

import pytest

from target_stub.model_server.model import LARGE_MODEL, SMALL_MODEL, Lognormal, Pace


def test_the_draws_have_the_median_and_the_spread_that_are_named() -> None:
    """Against the definition: the logarithm is normal around ln(median) with standard deviation sigma."""
    draws = [Lognormal(0.2, 0.5).draw_s(Random(f"draw {number}")) for number in range(4000)]
    logs = [log(its) for its in draws]
    assert statistics.mean(logs) == pytest.approx(log(0.2), abs=0.03)
    assert statistics.stdev(logs) == pytest.approx(0.5, abs=0.03)
    assert statistics.mean(draws) > statistics.median(draws)


@pytest.mark.parametrize(("median_s", "sigma"), [(-1.0, 0.1), (1.0, -0.1)])
def test_a_negative_time_is_refused(median_s: float, sigma: float) -> None:
    """Nothing ends before it begins."""
    with pytest.raises(ValueError, match="not negative"):
        Lognormal(median_s, sigma)


def test_equal_seeds_take_equal_times_in_whatever_order_they_are_asked() -> None:
    """Two variants under comparison wait equally long for equal questions."""
    one, other, third = Pace(7), Pace(7), Pace(8)

    def times(pace: Pace, prompt: str) -> list[float]:
        return list(islice(pace.times_s(SMALL_MODEL, prompt), 5))

    a, b = times(one, "a"), times(one, "b")
    assert (times(other, "b"), times(other, "a")) == (b, a)
    assert times(third, "a") != a
    assert times(one, "a") != a, "the second answer to a question takes another time"
    assert times(other, "a") != a


def test_the_large_model_is_slower_and_the_scale_is_a_factor() -> None:
    """Medians over many prompts; scale 0 takes no time at all."""

    def first_s(model: object, scale: float) -> float:
        pace = Pace(1, scale)
        return statistics.median(next(pace.times_s(model, str(its))) for its in range(400))  # type: ignore[arg-type]

    assert first_s(SMALL_MODEL, 1) == pytest.approx(0.12, rel=0.1)
    assert first_s(LARGE_MODEL, 1) == pytest.approx(0.45, rel=0.1)
    assert first_s(SMALL_MODEL, 0.1) == pytest.approx(0.012, rel=0.1)
    assert first_s(LARGE_MODEL, 0) == 0
