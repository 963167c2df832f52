"""Lease: how far into the plan a generator may go on without hearing from the keeper.

It makes sure that no arrival is offered twice when the share of a generator that was only cut off is given to others,
and that nobody goes on loading a target when the keeper is gone.
"""

from __future__ import annotations

import math

LOOK_S = 0.02
"""How often a lease is looked at again when the next arrival lies beyond it."""


class Lease:
    """Ends at a second of the plan, until it is extended; a local generator's has no end."""

    def __init__(self, until_s: float = math.inf) -> None:
        self.until_s = until_s
        self.lapsed = False

    def extend(self, until_s: float) -> None:
        """Move the end further on; a message that comes late neither moves it back nor revives it."""
        self.until_s = max(self.until_s, until_s)

    def covers(self, due_s: float, now_s: float) -> bool:
        """Return whether an arrival may be offered; both instants are on the plan's clock.

        When the plan has come to the lease's end without an extension the lease has lapsed, and nothing follows.
        """
        if self.lapsed or due_s < self.until_s:
            return not self.lapsed
        self.lapsed = now_s >= self.until_s
        return False
