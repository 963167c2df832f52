"""The plan of a replay: recorded arrivals at their own times, and between them the extra ones of a multiplied load."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from urllib.parse import parse_qs, quote_plus, urlsplit

import numpy as np

from scenarios.arrivals import NONE, Arrival
from scenarios.bloom import Bloom
from scenarios.chance import stream
from scenarios.errors import HarnessError
from scenarios.fresh_text import FreshText, vocabulary
from scenarios.log_line import Recorded
from scenarios.replay import Extra, Replay
from scenarios.stage import StageWindow
from scenarios.stretch import Stretch

_READ_FOR_WORDS = 5000  # recorded requests whose queries give the words of never-seen ones
_REMEMBERED = 10_000  # recorded requests among which a repeating extra arrival chooses


def replay_plan(
    replay: Replay, windows: tuple[StageWindow, ...], seed: int, salt: int = 0, trial: int = 0
) -> Iterator[Arrival]:
    """Yield the arrivals of a replay in order of their due times.

    In a stage of multiplier m every recorded arrival brings m - 1 extra ones (a fraction by chance), at random instants
    of the gap before it; below 1 it is kept with that probability. So each second has m times what it had, and what
    was a burst stays one. Extra arrivals ask for what `replay.extra` says, never for what was sent before unless
    `replay.repeat` allows it.

    Raises:
        HarnessError: when the log cannot be read, or has no request left for an extra arrival.
    """
    chance = stream(seed, "replay")
    extras = _Extras(replay, windows[-1].end_s, chance, FreshText(_words(replay), salt, trial))
    remaining = iter(windows)
    window = next(remaining)
    before_s, index = 0.0, 0
    for at_s, operation, record in Stretch(replay).placed(windows[-1].end_s, stream(seed, "spread")):
        while at_s >= window.end_s:
            window = next(remaining)
        copies = _copies(window.stage.multiplier, chance)
        extras.met(operation, record)
        gap_s = max(before_s, window.start_s)
        for due_s in np.sort(gap_s + (at_s - gap_s) * chance.random(max(0, copies - 1))).tolist():
            yield _arrival(index, due_s, window.name, *extras.following(index))
            index += 1
        if copies:
            yield _arrival(index, at_s, window.name, operation, record)
            index += 1
        before_s = at_s


def _copies(multiplier: float, chance: np.random.Generator) -> int:
    return math.floor(multiplier) + (chance.random() < multiplier % 1)


def _arrival(index: int, due_s: float, stage: str, operation: int, record: Recorded) -> Arrival:
    return Arrival(index, due_s, stage, operation, index, NONE, 0, NONE, NONE, record)


def _words(replay: Replay) -> tuple[str, ...]:
    """Return the words of the log's first queries; none are read when no query is known."""
    if not replay.query:
        return vocabulary(())
    records = islice(Stretch(replay).records(), _READ_FOR_WORDS)
    return vocabulary(query_of(record.path, replay.query) for _, record in records)


def query_of(path: str, name: str) -> str:
    """Return the value of a URL parameter; empty when the path has none of that name."""
    return parse_qs(urlsplit(path).query).get(name, [""])[0]


def with_query(path: str, name: str, text: str) -> str:
    """Return a path with another value of a URL parameter, which is added when it is not there."""
    value = f"{name}={quote_plus(text)}"
    changed, found = re.subn(rf"(?<=[?&]){re.escape(name)}=[^&]*", lambda _: value, path, count=1)
    return changed if found else f"{path}{'&' if '?' in path else '?'}{value}"


class _Extras:
    """Chooses what extra arrivals ask for."""

    def __init__(self, replay: Replay, length_s: float, chance: np.random.Generator, fresh: FreshText) -> None:
        self._replay, self._chance, self._fresh = replay, chance, fresh
        self._sent = Bloom()
        self._recent: deque[tuple[int, Recorded]] = deque(maxlen=_REMEMBERED)
        self._others = self._elsewhere(length_s) if replay.extra is Extra.OTHER and not replay.repeat else iter(())

    def met(self, operation: int, record: Recorded) -> None:
        """Take note of a recorded request that is sent now."""
        self._recent.append((operation, record))
        if not self._replay.repeat:
            self._sent.add(record.path + record.body)

    def following(self, index: int) -> tuple[int, Recorded]:
        """Return the operation and request of the extra arrival of that number."""
        if self._replay.repeat and self._replay.extra is Extra.OTHER:
            return self._recent[int(self._chance.random() * len(self._recent))]
        for operation, record in self._others:
            if self._sent.add(record.path + record.body):
                return operation, record
        if not self._replay.query:
            raise HarnessError(
                f"{self._replay.log.file} has no request left that was not sent yet",
                hint="name the URL parameter that holds the query (replay.query), or allow repeat: true",
            )
        operation, record = self._recent[-1]
        path = with_query(record.path, self._replay.query, self._fresh.text(index))
        return operation, record._replace(path=path)

    def _elsewhere(self, length_s: float) -> Iterator[tuple[int, Recorded]]:
        """Yield the requests of the log outside of the replayed stretch: those after it, then those before."""
        begins_s = self._replay.survey.begins_s if self._replay.survey else 0.0
        for later in (True, False):
            for operation, record in Stretch(self._replay).records():
                if record.at_s >= begins_s + length_s if later else record.at_s < begins_s:
                    yield operation, record
