"""Router: tells simple questions from complex ones, by rules that anybody can read.

Simple: one passage holds the whole answer, so a small model with a short prompt will do. Complex: everything else.
The rules look at the question's words only, in some 60 us; each that applies adds its weight, and a positive sum is
complex. How often they are right is measured on questions labelled by hand before there were rules (`labelled`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LONG_WORDS, VERY_LONG_WORDS = 11, 15


class Route(StrEnum):
    """What a question needs."""

    SIMPLE = "simple"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern in a question, what it speaks for, and how strongly: above 0 for complex, below for simple."""

    name: str
    pattern: re.Pattern[str]
    weight: float


def _rule(name: str, weight: float, pattern: str) -> Rule:
    return Rule(name, re.compile(pattern, re.IGNORECASE), weight)


RULES = (
    _rule(
        "compares",
        2.0,
        r"\b(vs|versus|differ(s|ent|ently|ence|ences)?|compar\w*|rather than|than|alternatives?|unterschied\w*"
        r"|diff[eé]rences?|trade-?offs?|pros|cons|vor- und nachteile|avantages)\b",
    ),
    _rule("chooses", 2.0, r"^[^?]{2,60}\bor\b[^?]{2,60}\??$|\b(choose|prefer\w*|suits?|worth|fits|instead)\b"),
    _rule("asks for a cause", 2.0, r"\b(why|cause|reason for|warum|wieso|pourquoi)\b"),
    _rule(
        "has trouble",
        2.0,
        r"\b(bug|fix(ed)?|slow(er|ly)?|hangs?|fails?|failed|leaks?|garbled|breaks?|breaking|wrong|problem|mistakes?"
        r"|unsafe|lose|losing|lost|dies)\b",
    ),
    _rule(
        "asks for advice",
        2.0,
        r"\b(should|advice|advise|recommend\w*|design|strategy|approach|consider|improve|reduce|optimi[sz]e|migrate"
        r"|rewrite|refactor|best|better|good idea|bad idea|right way|good enough|right|plan|safe(ly)?)\b",
    ),
    _rule(
        "asks for an overview",
        2.0,
        r"\b(explain|overview|step by step|walk me|work together|related|consequences|interact|how (do|does|did) .* "
        r"(work|affect|decide|handle|change|fit)s?)\b",
    ),
    _rule(
        "sets a condition", 1.0, r"\b(if|unless|when would|when do|when is|while|without|but|although|until|under)\b"
    ),
    _rule("asks twice", 1.0, r",? and (how|what|when|which|why|where|since|who|should)\b|\?.+\?|, (and|or) "),
    _rule("enumerates", 1.0, r",[^,]+(,| and | or )"),
    _rule("is about our own case", 1.0, r"\b(my|our|we|customers?|users)\b"),
    _rule(
        "asks for a fact",
        -1.5,
        r"^(what('s| is| does| are| type| unit| exception)|which (function|module|method|class|exception|port|signal"
        r"|attribute|encoding)|who\b|where (is|does)|does |is (there|\w+ (a|an|equal|hashable))|name the|definition|"
        r"meaning|default|when was|can (a|i use)|how (many|long)\b)",
    ),
    _rule("asks for one call", -0.5, r"^how (do|can) (i|you) [\w' ]{3,40}\??$"),
)
LENGTH_WEIGHTS = ((VERY_LONG_WORDS, 1.0), (LONG_WORDS, 0.5))
BIAS = -0.25  # a question about which no rule says anything is simple
PLAIN_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Routing:
    """Which route, and the rules that decided, with their weights."""

    route: Route
    score: float
    reasons: Mapping[str, float]


def classify(question: str) -> Routing:
    """Return the route for a question."""
    reasons = {rule.name: rule.weight for rule in RULES if rule.pattern.search(question)}
    words = len(PLAIN_WORD.findall(question))
    for least, weight in LENGTH_WEIGHTS:
        if words >= least:
            reasons["is long"] = weight
            break
    score = BIAS + sum(reasons.values())
    return Routing(Route.COMPLEX if score > 0 else Route.SIMPLE, score, reasons)
