"""The router agrees with people: on questions labelled by hand before its rules were written."""

from __future__ import annotations

import pytest

from target_stub.answering.labelled import agreement, labelled_questions
from target_stub.answering.router import RULES, Route, classify

FLOOR = 0.93  # what counting words alone reaches at its best threshold: less would not be worth the rules


def test_the_labelled_set_is_large_balanced_and_without_repetitions() -> None:
    """At least 200 questions, half of them simple, none twice, half of each held out."""
    questions = labelled_questions()
    assert len(questions) >= 200
    assert len({its.question for its in questions}) == len(questions)
    for held_out in (True, False):
        part = [its.label for its in questions if its.held_out is held_out]
        assert part.count(Route.SIMPLE) == pytest.approx(part.count(Route.COMPLEX), abs=2)
        assert len(part) >= 100


@pytest.mark.parametrize("held_out", [True, False])
def test_the_router_is_right_often_enough(held_out: bool) -> None:
    """Above the floor, on the held-out half too."""
    part = [its for its in labelled_questions() if its.held_out is held_out]
    assert agreement(part).accuracy >= FLOOR


def test_the_agreement_counts_what_it_is_told() -> None:
    """Against a router that calls everything simple: right in half of the cases, and no simple one is missed."""
    found = agreement(labelled_questions(), lambda _: Route.SIMPLE)
    assert found.accuracy == 0.5
    assert set(found.confusion) == {(Route.SIMPLE, Route.SIMPLE), (Route.COMPLEX, Route.SIMPLE)}
    assert agreement([]).accuracy == 0


@pytest.mark.parametrize(
    ("question", "route", "reason"),
    [
        ("What does os.path.join do?", Route.SIMPLE, "asks for a fact"),
        ("Why is my loop slow?", Route.COMPLEX, "asks for a cause"),
        ("threads or processes?", Route.COMPLEX, "chooses"),
        ("Explain decorators", Route.COMPLEX, "asks for an overview"),
        ("difference between list and tuple", Route.COMPLEX, "compares"),
        ("parse a date", Route.SIMPLE, None),
        ("\U0001f600", Route.SIMPLE, None),
    ],
)
def test_every_decision_names_its_reasons(question: str, route: Route, reason: str | None) -> None:
    """Whoever wonders can look up which rule it was, and the weights add up."""
    routing = classify(question)
    assert routing.route is route
    assert reason is None or reason in routing.reasons
    assert routing.score == pytest.approx(sum(routing.reasons.values()) - 0.25)


def test_every_rule_is_of_use() -> None:
    """A rule that no labelled question meets cannot have been learnt from any."""
    questions = [its.question for its in labelled_questions()]
    assert [rule.name for rule in RULES if not any(map(rule.pattern.search, questions))] == []


@pytest.mark.parametrize("text", ["or " * 666, ", and" * 400, "?" * 2000, "how do " * 280, "a, " * 660])
def test_a_hostile_question_is_classified_too(text: str) -> None:
    """The longest there may be, made to go round in the patterns; that it ends in time is the test's own time-out."""
    assert classify(text[:2000]).route in Route
