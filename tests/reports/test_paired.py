"""The moderated paired t: against scipy where it is the plain test, by hand where it is not, and by simulation."""

from __future__ import annotations

import math

import numpy
import pytest
from scipy import stats

from reports.comparison import Answer, Bound, band_of, decide
from reports.measure import Measure
from reports.paired import MOST_PAIRS, Spread, paired_change
from scenarios.criterion import ChangeKind
from scenarios.indicator import BUILT_IN

BAND = math.log(1.10)


def test_without_history_it_is_the_paired_t_test():
    """Mean and interval are scipy's, from the paired test on the two columns."""
    before = numpy.array([0.1, 0.3, 0.2, 0.5, 0.25])
    after = before + numpy.array([0.05, 0.11, -0.02, 0.07, 0.09])
    got = paired_change((after - before).tolist())
    oracle = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert got.interval == pytest.approx((oracle.low, oracle.high))
    assert got.degrees == 4


def test_history_steadies_the_variance_by_hand():
    """Three pairs, 20 A/A pairs of variance 0.0100: d0 = 10, v = (10 * .01 + 2 * s^2) / 12 on 12 degrees of freedom."""
    differences = [0.02, 0.08, 0.05]  # mean 0.05, s^2 = 0.0009
    got = paired_change(differences, Spread(0.0100, 20))
    assert got.variance == pytest.approx((10 * 0.0100 + 2 * 0.0009) / 12)
    assert got.degrees == 12
    assert got.half_width == pytest.approx(2.178813 * math.sqrt(got.variance / 3), rel=1e-6)  # t(.975, 12), from tables


def test_a_short_history_weighs_half_its_pairs():
    """Twelve A/A pairs weigh six degrees of freedom."""
    assert paired_change([0.0, 0.1], Spread(0.01, 12)).degrees == 6 + 1


def test_pairs_noisier_than_history_throw_it_away():
    """s^2/s0^2 above the 95 % quantile of chi^2(2)/2 = 2.996: history lies, and only the pairs count."""
    noisy = [-0.2, 0.0, 0.2]  # s^2 = 0.04
    assert paired_change(noisy, Spread(0.04 / 3.0, 20)).degrees == 2
    assert paired_change(noisy, Spread(0.04 / 2.9, 20)).degrees == 12


def test_one_pair_speaks_only_with_history():
    """One pair and no history: a number, no interval, no answer; with history an interval of s0."""
    alone = paired_change([0.5])
    assert alone.interval is None
    assert alone.detectable is None
    assert decide(alone, BAND, higher_is_better=False) is Answer.INCONCLUSIVE
    told = paired_change([0.5], Spread(0.01, 20))
    assert told.half_width == pytest.approx(stats.t.ppf(0.975, 10) * 0.1)


def test_no_pair_is_a_bug():
    """There is nothing to compare."""
    with pytest.raises(ValueError, match="at least one pair"):
        paired_change([])


@pytest.mark.parametrize(
    ("differences", "higher_is_better", "bound", "answer"),
    [
        ([0.30, 0.31, 0.29], False, Bound.NONE, Answer.REGRESSED),
        ([0.30, 0.31, 0.29], True, Bound.NONE, Answer.IMPROVED),
        ([-0.30, -0.31, -0.29], False, Bound.NONE, Answer.IMPROVED),
        ([0.01, 0.0, -0.01], False, Bound.NONE, Answer.EQUIVALENT),
        ([0.12, 0.13, 0.11], False, Bound.NONE, Answer.INCONCLUSIVE),  # differs from 0, not from the band
        ([0.09, 0.10, 0.08], False, Bound.NONE, Answer.INCONCLUSIVE),
        ([-0.01, 0.0, 0.01], False, Bound.AT_MOST, Answer.INCONCLUSIVE),  # open below: nobody knows how far
        ([-0.30, -0.31, -0.29], False, Bound.AT_MOST, Answer.IMPROVED),
        ([0.30, 0.31, 0.29], False, Bound.AT_LEAST, Answer.REGRESSED),
        ([-0.30, -0.31, -0.29], False, Bound.AT_LEAST, Answer.INCONCLUSIVE),
    ],
)
def test_an_answer_needs_the_whole_interval(differences, higher_is_better, bound, answer):
    """Improved and regressed only outside of the tolerance, equivalent only inside, an open end is open."""
    assert decide(paired_change(differences), BAND, higher_is_better=higher_is_better, bound=bound) is answer


def test_the_pairs_that_would_decide_do_decide():
    """As many more pairs of the same spread put the interval outside of the band, and one fewer does not."""
    paired = paired_change([0.10, 0.25, 0.40])
    more = paired.pairs_to_decide(BAND)

    def half(pairs):
        return stats.t.ppf(0.975, pairs - 1) * math.sqrt(paired.variance / pairs)

    assert half(3 + more) < 0.25 - BAND <= half(3 + more - 1)


def test_a_change_as_large_as_the_tolerance_is_never_decided():
    """The interval always touches the band's edge: no number of trials is promised."""
    assert paired_change([BAND - 0.05, BAND, BAND + 0.05]).pairs_to_decide(BAND) is None
    assert MOST_PAIRS == 200


def test_the_detectable_change_is_found_in_four_of_five_runs():
    """Simulated: a true change of that size differs from zero in about 80 % of 4 000 experiments of 5 pairs."""
    rng = numpy.random.default_rng(5)
    history = Spread(0.1**2, 20)
    size = (stats.t.ppf(0.975, 14) + stats.t.ppf(0.8, 14)) * 0.1 / math.sqrt(5)
    found = 0
    for _ in range(4000):
        paired = paired_change(rng.normal(size, 0.1, 5).tolist(), history)
        low, _high = paired.interval
        found += low > 0
    assert found / 4000 == pytest.approx(0.80, abs=0.04)


@pytest.mark.parametrize("remembered", [0, 20])
@pytest.mark.parametrize("pairs", [3, 5])
def test_equal_settings_seldom_differ(pairs, remembered):
    """A/A with a pair's spread of 10 %: zero is excluded in 2 to 6 % of 4 000, and a wrong answer is rarer still."""
    rng = numpy.random.default_rng(pairs)
    excluded = wrong = 0
    for _ in range(4000):
        history = Spread(float(numpy.mean(rng.normal(0, 0.1, remembered) ** 2)), remembered) if remembered else None
        paired = paired_change(rng.normal(0, 0.1, pairs).tolist(), history)
        low, high = paired.interval
        excluded += low > 0 or high < 0
        wrong += decide(paired, BAND, higher_is_better=False) in (Answer.IMPROVED, Answer.REGRESSED)
    assert 0.02 < excluded / 4000 < 0.06
    assert wrong / 4000 < 0.02


def test_twenty_per_cent_slower_is_found():
    """+20 % at a spread of 5 % with history: regressed in nearly all of 1 000 experiments of five pairs."""
    rng = numpy.random.default_rng(20)
    history = Spread(0.05**2, 20)
    answers = [
        decide(paired_change(rng.normal(math.log(1.2), 0.05, 5).tolist(), history), BAND, higher_is_better=False)
        for _ in range(1000)
    ]
    assert answers.count(Answer.REGRESSED) > 750
    assert answers.count(Answer.EQUIVALENT) == 0
    assert answers.count(Answer.IMPROVED) == 0


def test_each_kind_of_change_has_its_band():
    """10 %: ln 1.1 for ratios, 1 percentage point for shares, a tenth of the level for other differences."""
    latency = Measure(BUILT_IN["latency"], "p", 95.0)
    errors = Measure(BUILT_IN["errors"], "rate")
    assert band_of(0.10, ChangeKind.RATIO, latency, 0.05) == pytest.approx(math.log(1.1))
    assert band_of(0.10, ChangeKind.DIFFERENCE, errors, 0.3) == pytest.approx(0.01)
    assert band_of(0.10, ChangeKind.DIFFERENCE, latency, 0.05) == pytest.approx(0.005)
