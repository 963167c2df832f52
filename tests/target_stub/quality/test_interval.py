"""The metrics and their intervals, against values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from target_stub.quality.interval import bootstrap, hits, reciprocal_ranks

RANKS = np.array([1, 2, 4, 0, 10, 11])


def test_the_mean_reciprocal_rank_counts_nothing_below_the_tenth_place() -> None:
    """1, 1/2, 1/4, none, 1/10, and nothing for the eleventh: 1.85 / 6."""
    assert reciprocal_ranks(RANKS).tolist() == [1, 0.5, 0.25, 0, 0.1, 0]
    assert reciprocal_ranks(RANKS).mean() == pytest.approx(1.85 / 6)


def test_recall_is_the_share_of_documents_among_the_ten() -> None:
    """Four of six are there; at depth 2, two."""
    assert hits(RANKS).tolist() == [1, 1, 1, 0, 1, 0]
    assert hits(RANKS, 2).mean() == pytest.approx(2 / 6)


def test_the_interval_is_that_of_the_normal_theory_where_there_are_many_values() -> None:
    """Of 1000 zeros and ones, 300 ones: .3 -+ 1.96 sqrt(.3 * .7 / 1000) = .2716 to .3284."""
    interval = bootstrap(np.repeat([1.0, 0.0], [300, 700]))
    assert interval.value == pytest.approx(0.3)
    assert (interval.low, interval.high) == (pytest.approx(0.2716, abs=0.003), pytest.approx(0.3284, abs=0.003))


def test_a_paired_difference_that_is_the_same_everywhere_has_no_width() -> None:
    """Two modes that differ by .1 at every query differ by .1, however much queries differ among themselves."""
    harder = np.linspace(0, 0.9, 50)
    interval = bootstrap((harder + 0.1) - harder)
    assert (interval.low, interval.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert interval.above_zero


def test_an_interval_that_reaches_zero_beats_nothing() -> None:
    """As often better as worse."""
    assert not bootstrap(np.array([1.0, -1.0] * 20)).above_zero


def test_the_same_values_give_the_same_interval_and_none_give_an_error() -> None:
    """The page is to be the same tomorrow; a mean of nothing is a mistake."""
    values = np.linspace(0, 1, 40)
    assert bootstrap(values) == bootstrap(values)
    with pytest.raises(ValueError, match="no values"):
        bootstrap(values[:0])
