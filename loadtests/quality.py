"""Quality: how good the sampled answers were, judged when the load has ended so that judging costs no one latency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.judged import JudgedAnswer
from loadtests.known_item import KnownItem
from loadtests.lines import read_lines
from loadtests.run import ANSWERS_FILE

DEPTH = 10  # the 10 of recall@10, relevant@10 and MRR@10
EXACT_PER_STAGE = 40
"""Answers of each stage compared with the exact ones: each costs the service a full scan and an embedding."""

Exact = Callable[[str, str], Sequence[str]]
"""From an operation's name and a query to the ids of the exact best documents."""


def recall(found: Sequence[str], exact: Sequence[str]) -> float:
    """Return the share of the exact top ten that was found among the first ten; 1 when there is nothing to find."""
    wanted = set(exact[:DEPTH])
    return len(wanted & set(found[:DEPTH])) / len(wanted) if wanted else 1.0


def reciprocal_rank(found: Sequence[str], relevant: str) -> float:
    """Return 1/rank of the relevant document among the first ten, 0 when it is not there."""
    top = list(found[:DEPTH])
    return 1 / (top.index(relevant) + 1) if relevant in top else 0.0


def kept_answers(folder: Path, trial: int) -> list[dict[str, Any]]:
    """Return the sampled answers of one trial, as they were written."""
    notes: list[str] = []
    return [row for row in read_lines(folder / ANSWERS_FILE, notes) if row["trial"] == trial]


def judge(answers: Iterable[Mapping[str, Any]], items: Sequence[KnownItem], exact: Exact) -> list[JudgedAnswer]:
    """Judge answers by the known item each query was taken from, and some of each stage by the exact ranking."""
    judged: list[JudgedAnswer] = []
    compared: dict[str, int] = defaultdict(int)
    known: dict[tuple[str, int], Sequence[str]] = {}
    for row in answers:
        stage, operation, rank = str(row["stage"]), str(row["operation"]), int(row["query_rank"])
        found = [str(identity) for identity in row["document_ids"]]
        item = items[rank]
        reciprocal = reciprocal_rank(found, item.document_id)
        measures = {"mrr@10": reciprocal, "relevant@10": float(reciprocal > 0)}
        if compared[stage] < EXACT_PER_STAGE:
            compared[stage] += 1
            if (operation, rank) not in known:
                known[operation, rank] = exact(operation, item.query)
            measures["recall@10"] = recall(found, known[operation, rank])
        judged += [
            JudgedAnswer(int(row["trial"]), stage, operation, rank, name, value) for name, value in measures.items()
        ]
    return judged
