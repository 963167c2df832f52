"""Labelled: questions with the route that people gave them, and how often the router agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from target_stub.answering.router import Route, classify

FILE = Path(__file__).with_name("labelled_questions.tsv")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with its label; those that are held out were not looked at while the rules were written."""

    question: str
    label: Route
    held_out: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often a router gives the label, over some questions; `confusion` counts by (label, given)."""

    questions: int
    right: int
    confusion: dict[tuple[Route, Route], int]

    @property
    def accuracy(self) -> float:
        """The share that it gets right, 0 where there are no questions."""
        return self.right / self.questions if self.questions else 0.0


@cache
def labelled_questions() -> tuple[Labelled, ...]:
    """Return all labelled questions; of each four lines, the last two are held out."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pairs = (line.split("\t") for line in lines)
    return tuple(Labelled(question, Route(label), number % 4 >= 2) for number, (label, question) in enumerate(pairs))


def agreement(
    questions: Sequence[Labelled], given: Callable[[str], Route] = lambda question: classify(question).route
) -> Agreement:
    """Return how often a router (ours, if none is given) agrees with the labels."""
    confusion = Counter((its.label, given(its.question)) for its in questions)
    right = sum(count for (label, route), count in confusion.items() if label == route)
    return Agreement(len(questions), right, dict(confusion))
