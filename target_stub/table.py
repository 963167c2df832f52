"""Table: the rows that all indexes of a collection search: a vector, a package and a kind each.

Rows are appended and taken out, never changed or moved. A reader takes `rows` once and then sees one state of it,
from any thread, whatever is appended meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from target_stub.embedder import Vectors
from target_stub.filter import Filter

Numbers = npt.NDArray[np.int64]  # shape (n,), ascending row numbers
Mask = npt.NDArray[np.bool_]  # shape (n,)
Codes = npt.NDArray[np.int32]  # shape (n,)
Label = tuple[str, str]
"""Package and kind."""

KEPT_SELECTIONS = 64  # filters whose rows are remembered: a facet's few values are asked for again and again


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The rows that a search may find: their numbers, and the same as a mask over all rows."""

    numbers: Numbers
    mask: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One state of a table; `removed` is None while nothing was taken out."""

    vectors: Vectors
    labels: tuple[Codes, Codes]
    codes: tuple[dict[str, int], dict[str, int]]
    removed: Mask | None
    selections: dict[Filter | None, Selection] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.vectors)

    def selection(self, where: Filter | None) -> Selection | None:
        """Return the rows that a filter lets pass and that are still there, or None where all of them are."""
        if not where:
            if self.removed is None:
                return None
            where = None
        found = self.selections.get(where)
        if found is None:
            mask = np.ones(len(self), np.bool_) if self.removed is None else ~self.removed
            if where is not None:
                for wanted, codes, labels in zip((where.packages, where.kinds), self.codes, self.labels, strict=True):
                    if wanted:
                        mask &= np.isin(labels, [codes[name] for name in wanted if name in codes])
            found = Selection(np.flatnonzero(mask), mask)
            if len(self.selections) >= KEPT_SELECTIONS:
                self.selections.clear()
            self.selections[where] = found
        return found


class Table:
    """Vectors, shape (n, dim), and labels by row number; the vectors may be a read-only map until one is appended."""

    def __init__(self, vectors: Vectors, labels: Iterable[Label]) -> None:
        self._room = vectors
        codes: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self.rows = Rows(vectors, _coded(labels, codes), codes, None)
        if len(self.rows.labels[0]) != len(vectors):
            raise ValueError(f"{len(self.rows.labels[0])} labels for {len(vectors)} vectors")

    def __len__(self) -> int:
        return len(self.rows)

    def append(self, vectors: Vectors, labels: Sequence[Label]) -> None:
        """Append rows, numbered on from the last; the room grows by doubling, so that one by one stays cheap."""
        if len(vectors) != len(labels):
            raise ValueError(f"{len(labels)} labels for {len(vectors)} vectors")
        rows = self.rows
        used, needed = len(rows), len(rows) + len(vectors)
        if needed > len(self._room) or not self._room.flags.writeable:
            room = np.empty((max(needed, 2 * used), vectors.shape[1]), np.float32)
            room[:used] = rows.vectors
            self._room = room
        self._room[used:needed] = vectors  # beyond what any reader's state holds
        new = _coded(labels, rows.codes)
        grown = (np.concatenate((rows.labels[0], new[0])), np.concatenate((rows.labels[1], new[1])))
        removed = None if rows.removed is None else np.concatenate((rows.removed, np.zeros(len(vectors), np.bool_)))
        self.rows = Rows(self._room[:needed], grown, rows.codes, removed)

    def remove(self, numbers: Sequence[int]) -> None:
        """Take rows out: no search finds them any more, and no other row changes its number."""
        rows = self.rows
        removed = np.zeros(len(rows), np.bool_) if rows.removed is None else rows.removed.copy()
        removed[list(numbers)] = True
        self.rows = Rows(rows.vectors, rows.labels, rows.codes, removed)


def _coded(labels: Iterable[Label], codes: tuple[dict[str, int], dict[str, int]]) -> tuple[Codes, Codes]:
    """Return package and kind of each label as numbers; names not met before get the next ones."""
    coded = [[names.setdefault(name, len(names)) for name, names in zip(its, codes, strict=True)] for its in labels]
    pairs = np.array(coded, np.int32).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
