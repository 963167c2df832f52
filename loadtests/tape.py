"""Tape: rows of numbers written on the hot path, handed on by the thousand, so that counting them costs little.

Writing a row appends a tuple; what is counted from the rows is counted with numpy, in one go.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
"""Of shape (rows, columns)."""

CAPACITY = 1024
"""Rows until they should be handed on: counting them takes some 0.3 ms, in which no arrival is sent."""


class Tape:
    """A list of rows with a fixed number of columns, until `take` gets them as an array of its own."""

    __slots__ = ("_columns", "_rows", "_take", "write")

    def __init__(self, columns: int, take: Callable[[Rows], None]) -> None:
        self._columns = columns
        self._take = take
        self._rows: list[tuple[float, ...]] = []
        self.write = self._rows.append

    def __len__(self) -> int:
        return len(self._rows)

    def hand_on(self) -> None:
        """Hand on what was written since the last time."""
        if self._rows:
            numbers = np.fromiter(chain.from_iterable(self._rows), np.float64, len(self._rows) * self._columns)
            self._rows.clear()
            self._take(numbers.reshape(-1, self._columns))
