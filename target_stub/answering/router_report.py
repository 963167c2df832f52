"""Router report: the rules, how often they agree with the labels, and what they make of a question."""

from __future__ import annotations

from functools import cache

from target_stub.answer_schema import Agreement, RouterReport, RoutingCard, RuleCard
from target_stub.answering.labelled import agreement, labelled_questions
from target_stub.answering.plan import Planner
from target_stub.answering.router import BIAS, RULES, Route, classify


def router_report(planner: Planner, tried: str | None, enabled: bool) -> RouterReport:
    """Return the answer of `/admin/router`."""
    return RouterReport(
        enabled=enabled,
        rules=[RuleCard(rule.name, rule.weight, rule.pattern.pattern) for rule in RULES],
        bias=BIAS,
        held_out=_agreement(held_out=True),
        developed_on=_agreement(held_out=False),
        asked=planner.asked,
        simple_ratio=round(planner.simple_share, 4),
        tried=None if tried is None else _tried(tried),
    )


@cache
def _agreement(*, held_out: bool) -> Agreement:
    found = agreement([its for its in labelled_questions() if its.held_out is held_out])
    return Agreement(
        found.questions,
        found.right,
        round(found.accuracy, 4),
        found.confusion.get((Route.SIMPLE, Route.COMPLEX), 0),
        found.confusion.get((Route.COMPLEX, Route.SIMPLE), 0),
    )


def _tried(question: str) -> RoutingCard:
    routing = classify(question)
    return RoutingCard(question, routing.route.value, routing.score, dict(routing.reasons))
