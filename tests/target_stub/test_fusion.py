"""Fusion: two scores per candidate become one, by the formulas as published."""

from __future__ import annotations

import numpy as np
import pytest

from target_stub.fusion import Fusion, fuse, scaled

WORDS = np.array([8.0, 4.0, 0.0, 0.0])
VECTORS = np.array([0.2, 0.6, 0.4, 1.0])


@pytest.mark.parametrize(
    ("weight", "expected"),
    [(0.0, [1, 0.5, 0, 0]), (1.0, [0, 0.5, 0.25, 1]), (0.25, [0.75, 0.5, 0.0625, 0.25])],
)
def test_convex_adds_scaled_scores(weight: float, expected: list[float]) -> None:
    """BM25 by its largest, cosines from lowest to highest; the weight is the vectors' share."""
    assert fuse(Fusion("convex", weight), WORDS, VECTORS) == pytest.approx(expected)


def test_reciprocal_ranks_are_added_where_a_list_has_the_candidate() -> None:
    """1 / (k + rank), ranks from 1; a document without the words has no rank among the words."""
    expected = [1 / 61 + 1 / 64, 1 / 62 + 1 / 62, 1 / 63, 1 / 61]
    assert fuse(Fusion("rrf", 0.5, 60), WORDS, VECTORS) == pytest.approx(expected)
    assert fuse(Fusion("rrf", 0.25, 1), WORDS, VECTORS)[0] == pytest.approx(1.5 / 2 + 0.5 / 5)


def test_equal_scores_keep_the_order_of_the_candidates() -> None:
    """Ranks go to the lower row first, so that an answer is always the same."""
    fused = fuse(Fusion("rrf"), np.zeros(3), np.array([0.5, 0.5, 0.5]))
    assert fused.tolist() == sorted(fused.tolist(), reverse=True)
    assert fuse(Fusion("convex"), np.zeros(3), np.full(3, 0.5)).tolist() == [0, 0, 0]


def test_no_candidates_and_one_are_no_special_case() -> None:
    """Nothing is divided by zero."""
    for method in ("convex", "rrf"):
        assert fuse(Fusion(method), np.empty(0), np.empty(0)).tolist() == []
        assert np.isfinite(fuse(Fusion(method), np.array([3.0]), np.array([0.1]))).all()
    assert scaled(np.array([2.0])).tolist() == [0.0]
