"""Timeline: the seconds of one trial in order, merged from whatever parts were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from loadtests.health import HealthSecond
from loadtests.quality_second import QualitySecond
from loadtests.second import Second
from scenarios.stage import StageWindow


class Timeline:
    """Seconds by stage and operation, and the generator's health by worker."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[int, str, str], Second] = {}
        self._health: dict[tuple[int, int], HealthSecond] = {}
        self._sessions: dict[tuple[int, str, str], Second] = {}
        self._quality: dict[tuple[int, str, str, str], QualitySecond] = {}

    def add(self, second: Second) -> None:
        """Merge a second, or a part of one, into the timeline."""
        key = (second.t, second.stage, second.operation)
        mine = self._seconds.setdefault(key, Second(*key))
        mine.merge(second)

    def add_session(self, second: Second) -> None:
        """Merge a second of sessions; they are kept apart, since a session is no request."""
        key = (second.t, second.stage, second.operation)
        self._sessions.setdefault(key, Second(*key)).merge(second)

    def add_quality(self, second: QualitySecond) -> None:
        """Merge a second of judged answers."""
        key = (second.t, second.stage, second.operation, second.measure)
        self._quality.setdefault(key, QualitySecond(*key)).merge(second)

    def add_health(self, health: HealthSecond) -> None:
        """Keep a worker's health second."""
        self._health[health.t, health.worker] = health

    @property
    def seconds(self) -> tuple[Second, ...]:
        """All seconds, ordered by time, stage and operation."""
        return tuple(self._seconds[key] for key in sorted(self._seconds))

    @property
    def sessions(self) -> tuple[Second, ...]:
        """Seconds of whole sessions by the session's name, ordered as the others."""
        return tuple(self._sessions[key] for key in sorted(self._sessions))

    @property
    def every(self) -> tuple[Second, ...]:
        """Seconds of requests, then those of sessions."""
        return self.seconds + self.sessions

    @property
    def quality(self) -> tuple[QualitySecond, ...]:
        """Seconds of judged answers, ordered by time, stage, operation and measure."""
        return tuple(self._quality[key] for key in sorted(self._quality))

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
        chosen = self.seconds if operation is None else self.every
        parts = [its for its in chosen if its.stage == name and operation in (None, its.operation)]
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
