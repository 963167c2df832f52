"""Clocks compared over a network that is made up: who is ahead, and how sure one can be."""

from __future__ import annotations

from random import Random

import pytest

from loadtests.drivers.agreement import QUESTIONS, Agreement


def test_the_other_clock_lies_within_the_uncertainty():
    """Whatever the delays there and back, the true offset is inside; the shortest way of several counts."""
    rng = Random(7)
    for ahead_s in (-3.5, 0.0, 1200.25):
        agreement = Agreement(["a"])
        shortest_s = 1.0
        for _ in range(QUESTIONS):
            there_s, back_s = rng.uniform(1e-4, 0.02), rng.uniform(1e-4, 0.02)
            asked_s = rng.uniform(0, 100)
            agreement.answer("a", asked_s, asked_s + there_s + ahead_s, asked_s + there_s + back_s)
            shortest_s = min(shortest_s, there_s + back_s)
        assert agreement.uncertainty_s == pytest.approx(shortest_s / 2)
        assert agreement.starts(50.0)["a"] == pytest.approx(50.0 + ahead_s, abs=agreement.uncertainty_s)


def test_nothing_begins_before_all_are_ready_and_all_clocks_compared():
    """A generator that still makes its share, or was asked too rarely, is missing."""
    agreement = Agreement(["a", "b"])
    for _ in range(QUESTIONS):
        agreement.answer("a", 0.0, 0.1, 0.2)
        agreement.answer("b", 0.0, 0.1, 0.2)
    agreement.ready("a")
    assert agreement.missing == ("b",)
    agreement.ready("b")
    assert agreement.missing == ()
    assert not agreement.wants("a")


def test_one_question_is_not_enough():
    """The first answer may have waited in a queue."""
    agreement = Agreement(["a"])
    agreement.ready("a")
    agreement.answer("a", 0.0, 0.1, 0.2)
    assert agreement.missing == ("a",)
    assert agreement.wants("a")


def test_the_uncertainty_is_that_of_the_worst():
    """Whoever is farthest away decides how exactly all begin together."""
    agreement = Agreement(["near", "far"])
    agreement.answer("near", 0.0, 0.0001, 0.0002)
    agreement.answer("far", 0.0, 0.03, 0.05)
    assert agreement.uncertainty_s == pytest.approx(0.025)
