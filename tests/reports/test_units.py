"""Numbers as readers see them."""

from __future__ import annotations

import math

import pytest

from reports import units
from scenarios.indicator import BUILT_IN, Unit

NB, THIN, MINUS, DASH = "\u00a0", "\u202f", "\u2212", "\u2013"


@pytest.mark.parametrize(
    ("value_s", "text"),
    [
        (0.0, f"0{NB}ms"),
        (0.00004, f"40{NB}µs"),
        (0.0081, f"8.1{NB}ms"),
        (0.009, f"9{NB}ms"),
        (0.00897, f"9.0{NB}ms"),
        (0.063, f"63{NB}ms"),
        (0.48, f"480{NB}ms"),
        (0.9996, f"1.00{NB}s"),
        (1.884, f"1.88{NB}s"),
        (2.0, f"2{NB}s"),
        (math.inf, "no answer"),
        (math.nan, DASH),
    ],
)
def test_a_duration_is_told_in_the_unit_that_suits_it(value_s, text):
    """Two digits below a second, three above, whole numbers without a tail; no answer is no number."""
    assert units.duration(value_s) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0"),
        (0.0001, "0.01"),
        (0.041, "4.1"),
        (0.614, "61"),
        (0.998, "99.8"),
        (0.99983, "99.98"),
        (0.999999999, "99.9999"),
        (1.0, "100"),
    ],
)
def test_almost_all_is_not_all(share, text):
    """Near 100 % the digits count what is lacking, so that one failure in ten thousand is seen."""
    assert units.percent(share) == f"{text}{NB}%"


@pytest.mark.parametrize(
    ("name", "value", "limit", "text"),
    [
        ("latency", 0.0998, 0.1, f"99.8{NB}ms"),
        ("latency", 0.09999, 0.1, f"99.99{NB}ms"),
        ("latency", 0.1, 0.1, f"100{NB}ms"),
        ("errors", 0.0102, 0.01, f"1.02{NB}%"),
        ("goodput", 0.9896, 0.99, f"98.96{NB}%"),
        ("recall@10", 0.9499, 0.95, "0.9499"),
        ("throughput", 949.9, 950.0, "949.9/s"),
    ],
)
def test_a_value_beside_its_limit_never_reads_like_the_limit(name, value, limit, text):
    """A reader who sees "100 ms, limit < 100 ms" does not know whether it passed."""
    assert units.amount(BUILT_IN[name], value, limit=limit) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (0.0, f"±0{NB}%"),
        (0.083, f"+8.3{NB}%"),
        (-0.12, f"{MINUS}12{NB}%"),
        (1.4, "2.4x higher"),
        (-0.9912, "114x lower"),
        (-0.5, "2x lower"),
        (math.inf, "∞x higher"),
        (math.nan, DASH),
    ],
)
def test_large_changes_are_told_as_multiples(change, text):
    """Beyond a half or a doubling, per cent hide the difference between 100 and 1 000 times."""
    assert units.ratio_change(change) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2360.0, Unit.PER_SECOND, f"2{THIN}360/s"),
        (312e6, Unit.BYTES, f"312{NB}MB"),
        (999.9e6, Unit.BYTES, f"1.00{NB}GB"),
        (0.0, Unit.BYTES, f"0{NB}B"),
        (0.85, Unit.CORES, f"0.85{NB}cores"),
        (12345.0, Unit.COUNT, f"12{THIN}345"),
        (math.nan, Unit.COUNT, DASH),
    ],
)
def test_every_unit_has_its_words(value, unit, text):
    """Rates, sizes, cores and counts, thousands set apart."""
    assert units.level(value, unit) == text


def test_a_common_unit_is_said_once():
    """Ranges stay short: 58 to 60 %."""
    assert units.between(f"58{NB}%", f"60{NB}%") == f"58 to 60{NB}%"
    assert units.between(f"900{NB}ms", f"1.1{NB}s") == f"900{NB}ms to 1.1{NB}s"


def test_half_widths_are_told_in_the_scale_of_their_value():
    """±0.22 ms beside 9.0 ms, not ±216 µs."""
    assert units.half_width(0.000216, 0.009, Unit.SECONDS) == f"±0.22{NB}ms"
    assert units.half_width(0.0064, 0.040, Unit.SECONDS) == f"±6{NB}ms"


@pytest.mark.parametrize(
    ("multiplier", "text"),
    [
        (10, "ten times its traffic"),
        (1, "today's traffic"),
        (2.5, "2.5 times its traffic"),
        (20, "20 times its traffic"),
    ],
)
def test_multiples_of_the_traffic_are_words(multiplier, text):
    """A headline says ten times, not 10.0x."""
    assert units.multiple(multiplier) == text


def test_lengths_instants_and_lists_read_as_in_a_sentence():
    """What stands in the line below the headline."""
    assert units.stretch(278) == f"4{NB}min 38{NB}s"
    assert units.stretch(3600) == f"1{NB}h"
    assert units.instant("2026-11-20T19:02:11+01:00") == "20 Nov 2026 18:02 UTC"
    assert units.instant("yesterday") == "yesterday"
    assert units.listed(["a", "b", "c"]) == "a, b and c"
    assert units.plural(1, "trial") == "1 trial"
    assert units.plural(3000, "trial") == f"3{THIN}000 trials"
