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
from scenarios.spool import Request, Spool
from scenarios.stage import StageWindow
from scenarios.stretch import Stretch

_READ_FOR_WORDS = 5000  # recorded requests whose queries give the words of never-seen ones
_REMEMBERED = 10_000  # recorded requests among which a repeating extra arrival chooses
_SPARE, _FEW = 1.05, 100  # more than are wanted on average, since fractions of a multiplier come by chance


class ReplayPlan:
    """The arrivals of a replay. Making it goes through the log, once or twice; `arrivals` may be asked for repeatedly.

    In a stage of multiplier m every recorded arrival brings m - 1 extra ones (a fraction by chance), at random instants
    of the gap before it; below 1 it is kept with that probability. So each second has m times what it had, and what
    was a burst stays one. Extra arrivals ask for what `replay.extra` says, never for what is sent anyway or was sent
    before, unless `replay.repeat` allows it.
    """

    def __init__(
        self, replay: Replay, windows: tuple[StageWindow, ...], seed: int, salt: int = 0, trial: int = 0
    ) -> None:
        """Get ready.

        Raises:
            HarnessError: when the log cannot be read.
        """
        self._replay, self._windows, self._seed = replay, windows, seed
        self._fresh = FreshText(_words(replay), salt, trial)
        self._others = Spool(self._elsewhere(), self._needed())

    def arrivals(self) -> Iterator[Arrival]:
        """Yield the arrivals in order of their due times.

        Raises:
            HarnessError: when the log cannot be read any more, or has no request left for an extra arrival.
        """
        chance = stream(self._seed, "replay")
        extras = _Extras(self._replay, chance, self._fresh, iter(self._others))
        remaining = iter(self._windows)
        window = next(remaining)
        before_s, index = 0.0, 0
        for at_s, operation, record in self._recorded():
            while at_s >= window.end_s:
                window = next(remaining)
            copies = _copies(window.stage.multiplier, chance)
            extras.recent.append((operation, record))
            gap_s = max(before_s, window.start_s)
            for due_s in np.sort(gap_s + (at_s - gap_s) * chance.random(max(0, copies - 1))).tolist():
                yield _arrival(index, due_s, window.name, *extras.following(index))
                index += 1
            if copies:
                yield _arrival(index, at_s, window.name, operation, record)
                index += 1
            before_s = at_s

    def _recorded(self) -> Iterator[tuple[float, int, Recorded]]:
        return Stretch(self._replay).placed(self._windows[-1].end_s, stream(self._seed, "spread"))

    def _needed(self) -> int:
        """Return how many requests of elsewhere in the log may be wanted."""
        if self._replay.extra is not Extra.OTHER or self._replay.repeat or self._replay.survey is None:
            return 0
        survey = self._replay.survey
        extra = sum(
            max(0.0, its.stage.multiplier - 1) * survey.recorded(its.start_s, its.end_s) for its in self._windows
        )
        return math.ceil(extra * _SPARE) + _FEW if extra else 0

    def _elsewhere(self) -> Iterator[Request]:
        """Yield the requests of the log that the replayed stretch does not hold, each once: those after it first."""
        sent = Bloom()
        for _, _, record in self._recorded():
            sent.add(record.path + record.body)
        begins_s = self._replay.survey.begins_s if self._replay.survey else 0.0
        end_s = begins_s + self._windows[-1].end_s
        for later in (True, False):
            for operation, record in Stretch(self._replay).records():
                outside = record.at_s >= end_s if later else record.at_s < begins_s
                if outside and sent.add(record.path + record.body):
                    yield operation, record


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

    def __init__(
        self, replay: Replay, chance: np.random.Generator, fresh: FreshText, others: Iterator[Request]
    ) -> None:
        self._replay, self._chance, self._fresh, self._others = replay, chance, fresh, others
        self.recent: deque[Request] = deque(maxlen=_REMEMBERED)

    def following(self, index: int) -> Request:
        """Return the operation and request of the extra arrival of that number."""
        if self._replay.repeat and self._replay.extra is Extra.OTHER:
            return self.recent[int(self._chance.random() * len(self.recent))]
        other = next(self._others, None)
        if other is not None:
            return other
        if not self._replay.query:
            raise HarnessError(
                f"{self._replay.log.file} has no request left that was not sent yet",
                hint="name the URL parameter that holds the query (replay.query), or allow repeat: true",
            )
        operation, record = self.recent[-1]
        path = with_query(record.path, self._replay.query, self._fresh.text(index))
        return operation, record._replace(path=path)
