"""Judging sampled answers: recall against the exact ranking, and the rank of the known item."""

from __future__ import annotations

import pytest

from loadtests.known_item import KnownItem, of_document
from loadtests.quality import Judge, by_second, depths, recall, reciprocal_rank
from loadtests.quality_second import QualitySecond
from scenarios.reading import parse_scenario

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
    assert reciprocal_rank([*TEN, "x"], [relevant]) == pytest.approx(expected)


COMPARED = 40


def answers(count, **more):
    row = {"trial": 2, "stage": "1x", "operation": "search", "document_ids": TEN}
    return [{**row, "query_rank": n % 2, "t": n // 10, **more} for n in range(count)]


def test_answers_are_judged_by_stage_and_measure():
    """Each answer gives relevant@10 and mrr@10; some of each stage give recall@10, asking once per query."""
    items = [of_document("first query text", "d1"), of_document("second query text", "nowhere")]
    asked = []

    def exact(operation, query, depth):
        asked.append((operation, query, depth))
        return [*TEN[:8], "a", "b"]

    judged = Judge(items, exact, compared=COMPARED).judge(answers(COMPARED + 6))
    values = {}
    for its in judged:
        values.setdefault(its.measure, []).append(its.value)
    assert sorted(asked) == [("search", "first query text", 10), ("search", "second query text", 10)]
    assert values["recall@10"] == [0.8] * COMPARED
    assert values["mrr@10"] == [0.5, 0.0] * ((COMPARED + 6) // 2)
    assert values["relevant@10"] == [1.0, 0.0] * ((COMPARED + 6) // 2)
    assert {(its.trial, its.stage, its.operation) for its in judged} == {(2, "1x", "search")}


def test_quality_is_judged_at_every_depth_that_is_asked_for():
    """recall@3 of the exact three, mrr@20 as far as the answer goes; several documents may be relevant."""
    items = [KnownItem("first", ("x", "d3", "d1")), KnownItem("second", ("d9",))]
    judged = Judge(items, lambda *_: ["d0", "q", "d2", "d5"], (3, 20)).judge(answers(2))
    found = {(its.query_rank, its.measure): its.value for its in judged}
    assert found[0, "recall@3"] == pytest.approx(2 / 3)
    assert found[0, "recall@20"] == pytest.approx(3 / 4)
    assert (found[0, "mrr@3"], found[0, "mrr@20"]) == (0.5, 0.5)
    assert (found[1, "mrr@3"], found[1, "mrr@20"]) == (0.0, 0.1)
    assert (found[1, "relevant@3"], found[1, "relevant@20"]) == (0.0, 1.0)


def test_what_nobody_can_judge_has_no_value():
    """Without a relevant document and without an exact answer there is no measure: silence, which fails closed."""
    assert Judge([KnownItem("first"), KnownItem("second")], lambda *_: None).judge(answers(4)) == []


def test_a_never_seen_query_is_judged_by_the_exact_answer_alone():
    """Its row is beyond the known ones; the text it asked for was kept with the answer."""
    asked = []

    def exact(_operation, query, _depth):
        asked.append(query)
        return TEN

    judged = Judge([], exact).judge(answers(1, query_rank=7, query="words nobody asked"))
    assert asked == ["words nobody asked"]
    assert [(its.measure, its.value) for its in judged] == [("recall@10", 1.0)]


def test_judged_answers_are_counted_by_second_and_merge():
    """A row for each second, operation and measure: count, sum, sum of squares; two halves make the whole."""
    items = [of_document("first query text", "d1"), of_document("second query text", "nowhere")]
    judged = Judge(items, lambda *_: None).judge(answers(20))
    seconds = [its for its in by_second(judged) if its.measure == "mrr@10"]
    assert [(its.t, its.count, its.total, its.squares) for its in seconds] == [(0, 10, 2.5, 1.25), (1, 10, 2.5, 1.25)]
    halves = [by_second(judged[:20]), by_second(judged[20:])]
    whole = {}
    for its in [*halves[0], *halves[1]]:
        key = (its.t, its.stage, its.operation, its.measure)
        whole.setdefault(key, QualitySecond(*key)).merge(its)
    assert list(whole.values()) == by_second(judged)
    assert seconds[0].mean == 0.25
    assert QualitySecond.from_json(seconds[0].to_json()) == seconds[0]


def test_the_depths_come_from_the_promises():
    """Ten always, and whatever an objective names."""
    text = """
name: q
baseline: 1/s
stages: [{name: a, multiplier: 1, duration: 1s}]
objectives:
  - {indicator: recall@20, criteria: [avg>=0.9]}
  - {indicator: mrr@5, criteria: [avg>=0.5]}
"""
    assert depths(parse_scenario(text, "q.yaml")) == (5, 10, 20)
