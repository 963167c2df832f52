"""Timeline: the seconds of one trial in order, merged from whatever parts were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from loadtests.health import HealthSecond
from loadtests.second import Second
from scenarios.stage import StageWindow


class Timeline:
    """Seconds by stage and operation, and the generator's health by worker."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[int, str, str], Second] = {}
        self._health: dict[tuple[int, int], HealthSecond] = {}

    def add(self, second: Second) -> None:
        """Merge a second, or a part of one, into the timeline."""
        key = (second.t, second.stage, second.operation)
        mine = self._seconds.setdefault(key, Second(*key))
        mine.merge(second)

    def add_health(self, health: HealthSecond) -> None:
        """Keep a worker's health second."""
        self._health[health.t, health.worker] = health

    @property
    def seconds(self) -> tuple[Second, ...]:
        """All seconds, ordered by time, stage and operation."""
        return tuple(self._seconds[key] for key in sorted(self._seconds))

    @property
    def health(self) -> tuple[HealthSecond, ...]:
        """All health seconds, ordered by time and worker."""
        return tuple(self._health[key] for key in sorted(self._health))

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of the operations that were measured, in order of the alphabet."""
        return tuple(sorted({operation for _, _, operation in self._seconds}))

    @property
    def outcomes(self) -> Counter[str]:
        """What became of all requests of the trial."""
        return sum((second.outcomes for second in self._seconds.values()), Counter())

    def stage(self, name: str, operation: str | None = None) -> Second:
        """Return everything of one stage merged, for one operation or for all together (t is the stage's first)."""
        parts = [
            second
            for (_, stage, its), second in sorted(self._seconds.items())
            if stage == name and operation in (None, its)
        ]
        whole = Second(parts[0].t if parts else 0, name, operation or "")
        for part in parts:
            whole.merge(part)
        return whole

    def stage_health(self, window: StageWindow) -> tuple[HealthSecond, ...]:
        """Return the health seconds whose middle lies in the stage."""
        return tuple(its for its in self.health if window.start_s <= its.t + 0.5 < window.end_s)


def timeline(seconds: Iterable[Second], health: Iterable[HealthSecond] = ()) -> Timeline:
    """Return a timeline of the given seconds."""
    whole = Timeline()
    for second in seconds:
        whole.add(second)
    for its in health:
        whole.add_health(its)
    return whole
