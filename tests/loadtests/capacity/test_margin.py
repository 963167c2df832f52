"""Margins: how far a probe stayed from its limits."""

from __future__ import annotations

import math
from random import Random

import pytest

from loadtests.capacity.margin import limits, worst_margin
from loadtests.capacity.probe import FURTHEST
from loadtests.sample import OK, Sample
from loadtests.second import Second
from scenarios.errors import HarnessError
from scenarios.reading import parse_scenario

SCENARIO = """
name: small
baseline: 10/s
stages: [{{name: 1x, multiplier: 1, duration: 5s}}]
objectives: {objectives}
"""


def promises(text):
    return limits(parse_scenario(SCENARIO.format(objectives=text), "small.yaml").objectives)


def seconds(latencies_s, failed=0, count=12):
    found = []
    for t in range(count):
        second = Second(t, "probe", "search")
        for latency_s in latencies_s:
            second.planned += 1
            second.add(Sample("search", float(t), t + latency_s, OK, float(t), t + latency_s / 2, 10))
        for _ in range(failed):
            second.planned += 1
            second.add(Sample("search", float(t), t + 0.001, "timeout", float(t), None, 0))
        found.append(second)
    return found


def test_a_value_at_half_its_limit_has_the_margin_ln_a_half():
    """The margin is ln(value / limit)."""
    found = worst_margin(
        promises('[{indicator: latency, criteria: ["p(95)<100ms"]}]'), seconds([0.050] * 50), Random(1)
    )
    assert found.value == pytest.approx(math.log(0.5), abs=0.011)  # a bucket is 1.1 % wide
    assert found.text == "latency p(95)<100ms"
    assert found.error == pytest.approx(0.001, abs=0.001)


def test_the_promise_nearest_to_its_limit_decides():
    """Two promises: the one that would break first."""
    text = '[{indicator: latency, criteria: ["p(50)<1s", "p(95)<60ms"]}, {indicator: errors, criteria: [rate<50%]}]'
    assert worst_margin(promises(text), seconds([0.050] * 50), Random(1)).text == "latency p(95)<60ms"


def test_requests_without_an_answer_are_infinitely_slow():
    """Six of a hundred fail: p95 has no end, and the margin is as large as margins become."""
    found = worst_margin(
        promises('[{indicator: latency, criteria: ["p(95)<100ms"]}]'), seconds([0.001] * 94, failed=6), Random(1)
    )
    assert found.value == FURTHEST


@pytest.mark.parametrize(
    "text", ["[{indicator: errors, criteria: [rate<2%]}]", "[{indicator: goodput, criteria: [rate>=98%]}]"]
)
def test_errors_and_goodput_are_two_words_for_one_share(text):
    """1 % fails where 2 % may: ln(1/2), with the error of a binomial share, 1/sqrt(12)."""
    found = worst_margin(promises(text), seconds([0.001] * 99, failed=1), Random(1))
    assert found.value == pytest.approx(math.log(0.5), abs=0.06)
    assert found.error == pytest.approx(1 / math.sqrt(12), rel=0.05)


def test_an_uneven_probe_has_a_larger_error():
    """Blocks that differ leave doubt; the same blocks leave none."""
    wanted = promises('[{indicator: latency, criteria: ["p(95)<100ms"]}]')
    uneven = [*seconds([0.010] * 50, count=6), *[_moved(its) for its in seconds([0.080] * 50, count=6)]]
    assert worst_margin(wanted, uneven, Random(1)).error > 0.05


def _moved(second):
    moved = Second(second.t + 6, second.stage, second.operation)
    moved.merge(second)
    return moved


def test_a_scenario_that_promises_nothing_about_load_is_refused():
    """Recall does not depend on the rate; there would be nothing to search."""
    with pytest.raises(HarnessError, match="nothing that a higher rate could break"):
        promises("[{indicator: recall@10, criteria: [avg>=0.9]}]")
