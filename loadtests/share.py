"""Share: what one generator of a distributed trial had to offer, what it sent, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.sample import BAD_REPLY, CHECK_PREFIX, HTTP_PREFIX, OK, UNSENT


@dataclass(slots=True)
class Share:
    """Counts of one worker over a whole trial; requests are answered when a reply came, whatever it said."""

    worker: int
    planned: int = 0
    sent: int = 0
    answered: int = 0
    well: int = 0

    def count(self, row: Mapping[str, Any]) -> None:
        """Count one line of kind `second`."""
        outcomes: Mapping[str, int] = row["outcomes"]
        self.planned += int(row["planned"])
        self.sent += sum(outcomes.values()) - outcomes.get(UNSENT, 0)
        self.answered += answered(outcomes)
        self.well += outcomes.get(OK, 0)


def answered(outcomes: Mapping[str, int]) -> int:
    """Return how many of the requests had a reply: these the target has certainly counted."""
    replies = (OK, BAD_REPLY)
    return sum(n for name, n in outcomes.items() if name in replies or name.startswith((HTTP_PREFIX, CHECK_PREFIX)))
