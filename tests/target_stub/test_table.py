"""The table: one state at a time, whatever is appended and removed beside it."""

from __future__ import annotations

import numpy as np
import pytest

from target_stub.filter import Filter
from target_stub.table import KEPT_SELECTIONS, Table


def rows(*firsts: float) -> np.ndarray:
    return np.array([[first, 0] for first in firsts], np.float32)


@pytest.fixture
def table() -> Table:
    return Table(rows(1, 2, 3), [("a", "x"), ("b", "x"), ("a", "y")])


def numbers(table: Table, where: Filter | None = None) -> list[int] | None:
    selection = table.rows.selection(where)
    return None if selection is None else selection.numbers.tolist()


def test_without_filter_and_removals_nothing_is_selected(table: Table) -> None:
    """None means all rows, so that the usual search pays nothing."""
    assert numbers(table) is None
    assert numbers(table, Filter()) is None


def test_a_filter_selects_by_package_and_kind(table: Table) -> None:
    """Numbers and mask say the same; a name that no row has selects nothing."""
    assert numbers(table, Filter(packages=frozenset({"a"}))) == [0, 2]
    assert numbers(table, Filter(packages=frozenset({"a"}), kinds=frozenset({"y"}))) == [2]
    assert numbers(table, Filter(packages=frozenset({"x"}))) == []
    selection = table.rows.selection(Filter(kinds=frozenset({"x", "z"})))
    assert selection is not None
    assert selection.mask.tolist() == [True, True, False]


def test_removed_rows_are_not_selected_and_others_keep_their_numbers(table: Table) -> None:
    """Also by a filter, and also after more is appended."""
    table.remove([1])
    table.append(rows(4), [("b", "z")])
    assert numbers(table) == [0, 2, 3]
    assert numbers(table, Filter(packages=frozenset({"b"}))) == [3]
    assert table.rows.vectors[:, 0].tolist() == [1, 2, 3, 4]
    table.remove([0])
    assert numbers(table) == [2, 3]


def test_a_reader_keeps_the_state_it_took(table: Table) -> None:
    """A search in a thread sees neither half of an addition nor a removal under way."""
    before = table.rows
    table.append(rows(4, 5), [("c", "x")] * 2)
    table.remove([0])
    assert len(before) == 3
    assert before.selection(None) is None
    assert before.vectors[:, 0].tolist() == [1, 2, 3]
    assert len(table) == 5


def test_a_read_only_map_is_copied_before_it_grows() -> None:
    """The vectors may be a file's, which others use too."""
    given = rows(1, 2)
    given.flags.writeable = False
    table = Table(given, [("a", "x")] * 2)
    for value in range(3, 40):
        table.append(rows(value), [("a", "x")])
    assert table.rows.vectors[:, 0].tolist() == list(range(1, 40))
    assert given[:, 0].tolist() == [1, 2]


def test_more_filters_than_are_remembered_are_answered_too(table: Table) -> None:
    """What is remembered is bounded; anyone may ask for any filter."""
    for number in range(3 * KEPT_SELECTIONS):
        assert numbers(table, Filter(packages=frozenset({f"p{number}", "b"}))) == [1]
    assert len(table.rows.selections) <= KEPT_SELECTIONS


def test_vectors_and_labels_must_be_as_many() -> None:
    """A row without a label could not be filtered."""
    with pytest.raises(ValueError, match="1 labels for 2 vectors"):
        Table(rows(1, 2), [("a", "x")])
    with pytest.raises(ValueError, match="0 labels for 1 vectors"):
        Table(rows(1), [("a", "x")]).append(rows(2), [])
