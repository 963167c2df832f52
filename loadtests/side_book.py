"""SideBook: what is rarer than a request: sessions that are over, and timings that only some replies have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from loadtests.sample import OK
from loadtests.second import Second
from scenarios.follow_up import Finished

LATENCY, WAITING = "latency", "waiting"


class SideBook:
    """Parts of seconds under construction, which the reader merges with the rest of theirs."""

    def __init__(self, sessions: Iterable[str]) -> None:
        self._names = tuple(sessions)
        self._parts: dict[tuple[int, str, str], Second] = {}
        self._sessions: dict[tuple[int, str, str], Second] = {}

    def add_timings(self, stage: str, operation: str, due_s: float, timings: Mapping[str, float]) -> None:
        """Count more timings, in seconds, of a good reply, under the second in which its request was due."""
        part = _part(self._parts, due_s, stage, operation)
        for name, value_s in timings.items():
            part.ok[name].add(value_s)

    def add_session(self, finished: Finished) -> None:
        """Count a session that is over, under the second in which it arrived.

        Its latency is the whole duration, pauses included; `waiting` is what was waited for replies.
        """
        second = _part(self._sessions, finished.began_s, finished.stage, self._names[finished.session])
        second.planned += 1
        second.outcomes[finished.outcome] += 1
        side = second.ok if finished.outcome == OK else second.failed
        side[LATENCY].add(finished.ended_s - finished.began_s)
        side[WAITING].add(finished.waited_s)

    def drain(self) -> list[dict[str, Any]]:
        """Return what was counted since the last call, as rows for the run's seconds."""
        rows = [{"kind": "second", **its.to_json()} for its in self._parts.values()]
        rows += [{"kind": "session", **its.to_json()} for its in self._sessions.values()]
        self._parts.clear()
        self._sessions.clear()
        return rows


def _part(parts: dict[tuple[int, str, str], Second], due_s: float, stage: str, operation: str) -> Second:
    key = (int(due_s), stage, operation)
    return parts.setdefault(key, Second(*key))
