"""Quality: how good the sampled answers were, judged when the load has ended so that judging costs no one latency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.judged import JudgedAnswer
from loadtests.known_item import KnownItem
from loadtests.lines import read_lines
from loadtests.quality_second import QualitySecond
from loadtests.run import ANSWERS_FILE
from scenarios.indicator import QUALITY_DEPTH, depth_of
from scenarios.scenario import Scenario

Exact = Callable[[str, str, int], Sequence[str] | None]
"""From an operation's name, a query and a depth to the ids of the exact best documents; None where nobody knows."""


def recall(found: Sequence[str], exact: Sequence[str], depth: int = QUALITY_DEPTH) -> float:
    """Return the share of the exact best documents that was found among as many; 1 when there is nothing to find."""
    wanted = set(exact[:depth])
    return len(wanted & set(found[:depth])) / len(wanted) if wanted else 1.0


def reciprocal_rank(found: Sequence[str], relevant: Iterable[str], depth: int = QUALITY_DEPTH) -> float:
    """Return 1/rank of the first relevant document among the best, 0 when none is there."""
    wanted = set(relevant)
    return next((1 / rank for rank, its in enumerate(found[:depth], 1) if its in wanted), 0.0)


def depths(scenario: Scenario) -> tuple[int, ...]:
    """Return the numbers of documents at which quality is judged: ten, and those that objectives name."""
    named = {depth_of(its.indicator.name) for its in scenario.objectives}
    return tuple(sorted({QUALITY_DEPTH, *(depth for depth in named if depth)}))


def kept_answers(folder: Path, trial: int) -> list[dict[str, Any]]:
    """Return the sampled answers of one trial, as they were written."""
    notes: list[str] = []
    return [row for row in read_lines(folder / ANSWERS_FILE, notes) if row["trial"] == trial]


class Judge:
    """Judges answers by the documents that are known to be relevant, and some of each stage by the exact ranking."""

    def __init__(
        self, items: Sequence[KnownItem], exact: Exact, at: Sequence[int] = (QUALITY_DEPTH,), compared: int = 40
    ) -> None:
        self._items, self._exact, self._at = items, exact, tuple(at)
        self._compared = compared
        self._known: dict[tuple[str, str], Sequence[str] | None] = {}

    def judge(self, answers: Iterable[Mapping[str, Any]]) -> list[JudgedAnswer]:
        """Return every measure of every answer; what nobody can judge has none.

        Raises:
            HarnessError: when exact answers should be had, and are not.
        """
        judged: list[JudgedAnswer] = []
        compared: dict[str, int] = defaultdict(int)
        for row in answers:
            stage, operation, rank = str(row["stage"]), str(row["operation"]), int(row["query_rank"])
            found = [str(identity) for identity in row["document_ids"]]
            item = self._items[rank] if rank < len(self._items) else KnownItem(str(row.get("query", "")))
            measures = self._by_relevance(found, item)
            if compared[stage] < self._compared and item.query:
                exact = self._exactly(operation, item.query)
                if exact is not None:
                    compared[stage] += 1
                    measures |= {f"recall@{depth}": recall(found, exact, depth) for depth in self._at}
            place = (int(row["trial"]), stage, operation, rank)
            t = int(row.get("t", -1))
            judged += [JudgedAnswer(*place, name, value, t) for name, value in measures.items()]
        return judged

    def _by_relevance(self, found: Sequence[str], item: KnownItem) -> dict[str, float]:
        if not item.relevant:
            return {}
        measures: dict[str, float] = {}
        for depth in self._at:
            reciprocal = reciprocal_rank(found, item.relevant, depth)
            measures |= {f"mrr@{depth}": reciprocal, f"relevant@{depth}": float(reciprocal > 0)}
        return measures

    def _exactly(self, operation: str, query: str) -> Sequence[str] | None:
        if (operation, query) not in self._known:
            self._known[operation, query] = self._exact(operation, query, max(self._at))
        return self._known[operation, query]


def by_second(judged: Iterable[JudgedAnswer]) -> list[QualitySecond]:
    """Return the judged answers counted by the second in which their requests were due."""
    found: dict[tuple[int, str, str, str], QualitySecond] = {}
    for its in judged:
        if its.t >= 0:
            key = (its.t, its.stage, its.operation, its.measure)
            found.setdefault(key, QualitySecond(*key)).add(its.value)
    return [found[key] for key in sorted(found)]
