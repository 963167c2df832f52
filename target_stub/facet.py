"""Facet: how many of the documents that match a search have each package, or each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from target_stub.filter import Filter
from target_stub.table import Mask, Rows

FACETS = ("package", "kind")
MAX_VALUES = 50


def facet_counts(rows: Rows, facets: Sequence[str], holding: Mask | None, pool: Sequence[int], where: Filter) -> Any:
    """Return for each facet its most frequent values with their counts.

    Counted are the documents that hold a word of the query (`holding`, shape (rows,), None in mode vector) and those in
    the `pool` that the vectors brought. A facet's own filter does not narrow its counts by words, so that a second
    value can be chosen beside the first.
    """
    return {name: _counted(rows, FACETS.index(name), holding, pool, _without(where, name)) for name in facets}


def _without(where: Filter, name: str) -> Filter:
    return Filter(frozenset(), where.kinds) if name == "package" else Filter(where.packages, frozenset())


def _counted(
    rows: Rows, facet: int, holding: Mask | None, pool: Sequence[int], where: Filter
) -> list[Mapping[str, Any]]:
    matching = np.zeros(len(rows), np.bool_)
    if holding is not None:
        matching[: len(holding)] = holding
        selection = rows.selection(where)
        if selection is not None:
            matching &= selection.mask
    matching[list(pool)] = True
    names = list(rows.codes[facet])
    counts = np.bincount(rows.labels[facet][matching], minlength=len(names))
    best = np.lexsort((np.arange(len(counts)), -counts))[:MAX_VALUES]
    return [{"value": names[code], "count": int(counts[code])} for code in best if counts[code]]
