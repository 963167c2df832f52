"""Judging sampled answers: recall against the exact ranking, and the rank of the known item."""

from __future__ import annotations

import pytest

from loadtests.known_item import KnownItem
from loadtests.quality import EXACT_PER_STAGE, judge, recall, reciprocal_rank

TEN = [f"d{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [(TEN, 1.0), (TEN[::-1], 1.0), ([*TEN[:9], "x"], 0.9), ([], 0.0), (["x"] * 10, 0.0), (TEN[:5], 0.5)],
)
def test_recall_is_the_share_of_the_exact_top_ten(found, expected):
    """recall@10 ignores the order and counts what is missing."""
    assert recall(found, TEN) == pytest.approx(expected)


def test_recall_of_nothing_to_find_is_whole():
    """A query without exact results cannot be answered worse than exactly."""
    assert recall([], []) == 1.0


@pytest.mark.parametrize(("relevant", "expected"), [("d0", 1.0), ("d3", 0.25), ("d9", 0.1), ("x", 0.0)])
def test_the_reciprocal_rank_is_one_over_the_rank(relevant, expected):
    """MRR@10 gives nothing below the tenth place."""
    assert reciprocal_rank([*TEN, "x"], relevant) == pytest.approx(expected)


def test_answers_are_judged_by_stage_and_measure():
    """Each answer gives relevant@10 and mrr@10; some of each stage give recall@10, asking once per query."""
    items = [KnownItem("first query text", "d1"), KnownItem("second query text", "nowhere")]
    answers = [
        {"trial": 2, "stage": "1x", "operation": "search", "query_rank": n % 2, "document_ids": TEN}
        for n in range(EXACT_PER_STAGE + 6)
    ]
    asked = []

    def exact(operation, query):
        asked.append((operation, query))
        return [*TEN[:8], "a", "b"]

    judged = judge(answers, items, exact)
    values = {}
    for its in judged:
        values.setdefault(its.measure, []).append(its.value)
    assert sorted(asked) == [("search", "first query text"), ("search", "second query text")]
    assert values["recall@10"] == [0.8] * EXACT_PER_STAGE
    assert values["mrr@10"] == [0.5, 0.0] * ((EXACT_PER_STAGE + 6) // 2)
    assert values["relevant@10"] == [1.0, 0.0] * ((EXACT_PER_STAGE + 6) // 2)
    assert {(its.trial, its.stage, its.operation) for its in judged} == {(2, "1x", "search")}
