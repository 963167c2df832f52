"""One limit: k6's criterion form and Keptn's signed change."""

from __future__ import annotations

import math

import pytest

from scenarios.criterion import ChangeKind, parse_criterion
from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind, Unit

MEMORY = Indicator("memory", IndicatorKind.PROMQL, Unit.BYTES, "memory", promql="x")


@pytest.mark.parametrize(
    ("indicator", "text", "operator", "limit", "percentile", "change"),
    [
        ("latency", "p(95)<100ms", "<", 0.1, 95.0, None),
        ("latency", " p( 99.9 ) <= 1.5s ", "<=", 1.5, 99.9, None),
        ("latency", "med<20ms", "<", 0.02, 50.0, None),
        ("latency", "p(95)<=+10%", "<=", 0.10, 95.0, ChangeKind.RATIO),
        ("latency", "p(95)<=+5ms", "<=", 0.005, 95.0, ChangeKind.DIFFERENCE),
        ("latency", "p(95)<=-20%", "<=", -0.20, 95.0, ChangeKind.RATIO),
        ("errors", "rate<1%", "<", 0.01, None, None),
        ("errors", "rate<0.01", "<", 0.01, None, None),
        ("goodput", "rate>=-3pp", ">=", -0.03, None, ChangeKind.DIFFERENCE),
        ("throughput", "rate>=6000/m", ">=", 100.0, None, None),
        ("recall@10", "avg>=0.95", ">=", 0.95, None, None),
    ],
)
def test_a_criterion_is_read_into_base_units(indicator, text, operator, limit, percentile, change):
    """Limits become seconds, shares or per second; a sign makes the limit a change from the baseline."""
    criterion = parse_criterion(text, BUILT_IN[indicator])
    assert (criterion.operator, criterion.percentile, criterion.change) == (operator, percentile, change)
    assert criterion.limit == pytest.approx(limit)


def test_sizes_know_decimal_and_binary_units():
    """500MB is 5e8 bytes and 1GiB is 2^30."""
    assert parse_criterion("value<500MB", MEMORY).limit == pytest.approx(5e8)
    assert parse_criterion("value<1GiB", MEMORY).limit == pytest.approx(2**30)


@pytest.mark.parametrize(
    ("indicator", "text", "what"),
    [
        ("latency", "95<100ms", "not a criterion"),
        ("latency", "p(95)<=+", "not a criterion"),
        ("latency", "p(95)<100", "bare number"),
        ("latency", "p(95)<100 parsec", "parsec"),
        ("latency", "p(100)<1s", "between 0 and 100"),
        ("latency", "p(0)<1s", "between 0 and 100"),
        ("latency", "rate<1s", "unknown aggregation"),
        ("latency", "p(95)>100ms", "wrong side"),
        ("latency", "p(95)==100ms", "not a criterion"),
        ("errors", "p(95)<1%", "not percentiles"),
        ("errors", "rate<1pp", "measured in"),
        ("recall@10", "avg<0.9", "wrong side"),
    ],
)
def test_a_wrong_criterion_is_refused_with_what_is_known(indicator, text, what):
    """Missing units, unknown words and limits on the wrong side are mistakes, not guesses."""
    with pytest.raises(ValueError, match=what):
        parse_criterion(text, BUILT_IN[indicator])


def test_nan_never_meets_a_limit():
    """What was not measured does not pass."""
    assert not parse_criterion("p(95)<100ms", BUILT_IN["latency"]).holds(math.nan)
    assert not parse_criterion("rate>=99%", BUILT_IN["goodput"]).holds(math.nan)


def test_the_limit_itself_meets_only_the_closed_operators():
    """`<` excludes its limit, `<=` includes it."""
    assert not parse_criterion("p(95)<100ms", BUILT_IN["latency"]).holds(0.1)
    assert parse_criterion("p(95)<=100ms", BUILT_IN["latency"]).holds(0.1)
