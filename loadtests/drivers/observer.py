"""Observer: who is told of arrivals while the load runs."""

from __future__ import annotations

from typing import Protocol

from loadtests.tape import Rows


class Observer(Protocol):
    """Is told of arrivals by the thousand, or by the tenth of a second."""

    def due(self, rows: Rows) -> None:
        """Arrivals were handed over; rows of `DUE_COLUMNS`."""
        ...

    def done(self, rows: Rows) -> None:
        """Arrivals got their outcome; rows of `DONE_COLUMNS`."""
        ...
