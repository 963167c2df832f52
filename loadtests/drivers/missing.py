"""Missing: what a lost generator would have offered and nobody did, as seconds that were planned and never finished."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loadtests.second import Second
from scenarios.arrivals import Arrival

KEPT_S = 10
"""Seconds of which is remembered what each generator reported; older ones were reported whole."""

Key = tuple[int, str, str]


class Reported:
    """What each generator has said to be due, of the last few seconds."""

    def __init__(self) -> None:
        self._planned: dict[int, Counter[Key]] = defaultdict(Counter)

    def add(self, worker: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Count the seconds among a generator's rows."""
        planned = self._planned[worker]
        for row in rows:
            if row["kind"] == "second" and row["planned"]:
                planned[row["t"], row["stage"], row["operation"]] += row["planned"]
        newest = max((t for t, _, _ in planned), default=0)
        for key in [key for key in planned if key[0] < newest - KEPT_S]:
            del planned[key]

    def of(self, worker: int) -> Counter[Key]:
        """Return how many arrivals a generator said to be due, by second, stage and operation."""
        return Counter(self._planned[worker])


def missing(
    arrivals: Iterator[Arrival], operations: Sequence[str], reported: Counter[Key], until_s: float | None
) -> Iterator[Second]:
    """Yield the seconds of a lost generator's duty that nobody offers, in order, until others take over.

    What it had reported is taken off; before the first second that is remembered everything was reported.
    """
    left = Counter(reported)
    first = min((t for t, _, _ in left), default=0)
    found: dict[Key, Second] = {}
    for arrival in arrivals:
        if until_s is not None and arrival.due_s >= until_s:
            break
        key = (int(arrival.due_s), arrival.stage, operations[arrival.operation])
        if key[0] < first:
            continue
        for second in [its for its in found.values() if its.t < key[0]]:
            yield found.pop((second.t, second.stage, second.operation))
        if left[key]:
            left[key] -= 1
        else:
            found.setdefault(key, Second(*key)).planned += 1
    yield from found.values()
