"""LiveJudge: promises judged while the load runs, from seconds that are settled. Pure; memory does not grow with time.

It knows what a generator measures: latencies, shares, rates. A second counts once everything due in it has an outcome,
or the caller's patience is over. The arithmetic is that of the report: failures are infinitely slow.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from loadtests.aborted import AbortRecord
from loadtests.sample import OK
from loadtests.second import Second
from scenarios.criterion import Criterion
from scenarios.indicator import LIVE_KINDS, OF_STREAMS, IndicatorKind
from scenarios.objective import Objective, min_samples
from scenarios.scenario import Scenario, spoken_of
from scenarios.stage import StageWindow

Place = tuple[str, str]
"""A stage and an operation."""


class Standing(StrEnum):
    """How a promise stands."""

    WAITING = "waiting"  # too few samples to say
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class LiveVerdict:
    """One criterion in one stage so far. `objective` is the place in the scenario's list."""

    objective: int
    criterion: Criterion
    stage: str
    operation: str
    value: float
    samples: int
    needed: int

    @property
    def standing(self) -> Standing:
        """Whether it is kept, broken, or cannot be told yet; a number that is none is never kept."""
        if self.samples < self.needed:
            return Standing.WAITING
        return Standing.KEPT if self.criterion.holds(self.value) else Standing.BROKEN


class LiveJudge:
    """Is fed the seconds that generators report, and says how the promises stand."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._windows = {window.name: window for window in scenario.windows}
        self._open: dict[tuple[int, str, str], Second] = {}
        self._whole: dict[Place, Second] = {}
        self._recent: dict[Place, deque[Second]] = defaultdict(deque)
        lengths_s = [its.abort.window_s or 0.0 for its in scenario.objectives if its.abort]
        self._kept_s = max(lengths_s, default=0.0)
        self._reported: dict[int, int] = {}
        self.settled_s = 0

    def add(self, second: Second) -> None:
        """Count a part of a second."""
        key = (second.t, second.stage, second.operation)
        self._open.setdefault(key, Second(*key)).merge(second)

    def reported(self, worker: int, t: int) -> None:
        """A generator has reported everything that was due up to the end of second `t`."""
        self._reported[worker] = t
        newest = max(self._reported.values())
        patience_s = self._scenario.target.timeout_s
        # one that has fallen silent is not waited for longer than its requests could take
        all_reported = min(its for its in self._reported.values() if newest - its <= patience_s + 1)
        for key in sorted(self._open):
            second = self._open[key]
            late = newest - key[0] > patience_s + 1
            if key[0] > all_reported or (second.finished < second.planned and not late):
                break
            self._settle(self._open.pop(key))

    def verdicts(self) -> Iterator[LiveVerdict]:
        """Yield every promise that can be told while the load runs, in every stage that has begun."""
        for index, objective, criterion, place in self._asked():
            if place in self._whole:
                yield self._verdict(index, objective, criterion, place, self._whole[place], None)

    def broken(self) -> AbortRecord | None:
        """Return the first promise with `abort_on_fail` that is broken in the stage under way; None: go on."""
        for index, objective, criterion, place in self._asked():
            abort, window = objective.abort, self._windows[place[0]]
            if (
                abort is None
                or place not in self._whole
                or not window.start_s < self.settled_s <= math.ceil(window.end_s)
            ):
                continue
            if self.settled_s - window.start_s < abort.delay_s:
                continue
            seen = self._whole[place] if abort.window_s is None else self._last(place, abort.window_s)
            verdict = self._verdict(index, objective, criterion, place, seen, abort.window_s)
            if verdict.standing is Standing.BROKEN:
                value = verdict.value if math.isfinite(verdict.value) else None
                name, at_s = objective.indicator.name, float(self.settled_s)
                return AbortRecord(
                    index, criterion.text, name, *place, value, verdict.samples, at_s, window_s=abort.window_s
                )
        return None

    def _asked(self) -> Iterator[tuple[int, Objective, Criterion, Place]]:
        for index, objective in enumerate(self._scenario.objectives):
            if objective.indicator.kind not in LIVE_KINDS:
                continue
            names = spoken_of(self._scenario, objective.indicator, objective.operation)
            for criterion in objective.criteria:
                if criterion.change is None:
                    for operation in names:
                        for stage in objective.stages:
                            yield index, objective, criterion, (stage, operation)

    def _settle(self, second: Second) -> None:
        place = (second.stage, second.operation)
        self._whole.setdefault(place, Second(second.t, *place)).merge(second)
        recent = self._recent[place]
        if self._kept_s:
            recent.append(second)
        self.settled_s = max(self.settled_s, second.t + 1)
        while recent and recent[0].t < self.settled_s - self._kept_s:
            recent.popleft()

    def _last(self, place: Place, window_s: float) -> Second:
        whole = Second(0, *place)
        for second in self._recent[place]:
            if second.t >= self.settled_s - window_s:
                whole.merge(second)
        return whole

    def _verdict(
        self,
        index: int,
        objective: Objective,
        criterion: Criterion,
        place: Place,
        seen: Second,
        window_s: float | None,
    ) -> LiveVerdict:
        length_s = seen_length_s(self._windows[place[0]], self.settled_s, window_s)
        value, samples = level(objective, criterion, seen, length_s, self._scenario.target.timeout_s)
        return LiveVerdict(index, criterion, *place, value, samples, min_samples(objective, criterion))


def seen_length_s(window: StageWindow, settled_s: float, window_s: float | None) -> float:
    """Return how much of a stage lies in what was looked at."""
    start_s = window.start_s if window_s is None else max(window.start_s, settled_s - window_s)
    return max(0.0, min(settled_s, window.end_s) - start_s)


def level(
    objective: Objective, criterion: Criterion, seen: Second, length_s: float, patience_s: float
) -> tuple[float, int]:
    """Return a criterion's value over merged seconds, and how many requests it rests on; NaN when none was due."""
    planned, well = max(seen.planned, seen.finished), seen.outcomes[OK]
    if not planned:
        return math.nan, 0
    match objective.indicator.kind:
        case IndicatorKind.RATIO:
            part = planned - well if objective.indicator.name == "errors" else well
            return part / planned, planned
        case IndicatorKind.RATE:
            return (well / length_s if length_s else math.nan), planned
        case _:
            good = seen.ok[objective.indicator.name]
            missing = max(0, planned - good.total)
            if objective.indicator.name in OF_STREAMS:  # a reply with a single event has no gap, and is none the slower
                missing = planned - well
                planned = good.total + missing
            if criterion.percentile is not None:
                return good.quantile(criterion.percentile / 100, infinite=missing), planned
            if criterion.aggregation == "max":
                return (math.inf if missing else good.largest_s), planned
            return (good.sum_s + missing * patience_s) / planned, planned


def judge_of(scenario: Scenario, seconds: Iterable[Second]) -> LiveJudge:
    """Return a judge that was told of these seconds, all of them settled."""
    judge = LiveJudge(scenario)
    newest = 0
    for second in seconds:
        judge.add(second)
        newest = max(newest, second.t)
    judge.reported(0, newest + math.ceil(scenario.target.timeout_s) + 2)
    return judge
