"""Which trial runs when: interleaved, with the order inside each pair drawn from the seed."""

from __future__ import annotations

from dataclasses import replace

from loadtests.schedule import schedule
from scenarios.reading import find, read_scenario

DEMO = read_scenario(find("demo"))


def test_each_pair_holds_every_variant_once():
    """Trials of a pair are neighbours; never AAAA BBBB."""
    planned = schedule(replace(DEMO, trials=5))
    assert [trial.index for trial in planned] == list(range(1, 11))
    for pair in range(5):
        neighbours = planned[2 * pair : 2 * pair + 2]
        assert {trial.variant.name for trial in neighbours} == {"before", "after"}
        assert {trial.pair for trial in neighbours} == {pair + 1}


def test_a_pair_meets_the_same_arrivals_and_the_next_pair_others():
    """Both variants of a pair share a seed; pairs differ, so that no plan is lucky for all."""
    planned = schedule(replace(DEMO, trials=3))
    assert [trial.seed - DEMO.seed for trial in planned] == [0, 0, 1, 1, 2, 2]


def test_the_order_inside_pairs_is_drawn_and_repeatable():
    """Neither variant always goes first, and the same seed gives the same order."""
    many = replace(DEMO, trials=40)
    firsts = [trial.variant.name for trial in schedule(many)][::2]
    assert 8 < firsts.count("before") < 32
    assert schedule(many) == schedule(many)
