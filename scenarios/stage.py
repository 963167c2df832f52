"""Stage: a stretch of offered load, with its name, level, shape, length and place in the plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from scenarios.rate_curve import RateCurve
from scenarios.shape import Shape


class StageKind(StrEnum):
    """What a stage is for; only `measure` and `recovery` are judged."""

    WARMUP = "warmup"
    MEASURE = "measure"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of offered load: its level, `rate_per_s`, is `multiplier` times the scenario's baseline.

    `shapes` bend the level over the stage's length, several of them by multiplication; none keeps it constant. `users`
    are those of a closed load, whose `rate_per_s` is what they would ask if replies took no time (and a pause 1 ms).
    """

    name: str
    multiplier: float
    rate_per_s: float
    duration_s: float
    kind: StageKind = StageKind.MEASURE
    shapes: tuple[Shape, ...] = ()
    users: int = 0

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a stage needs a name")
        if self.rate_per_s <= 0:
            raise ValueError(f"stage {self.name}: the rate must be above zero, got {self.rate_per_s:g}/s")
        if self.duration_s <= 0:
            raise ValueError(f"stage {self.name}: the duration must be above zero, got {self.duration_s:g} s")

    @property
    def judged(self) -> bool:
        """Whether objectives apply to this stage; warm-up is left out by name."""
        return self.kind is not StageKind.WARMUP

    @property
    def curve(self) -> RateCurve:
        """The rate over the stage's length."""
        return _curve(self.rate_per_s, self.duration_s, self.shapes)

    @property
    def expected_arrivals(self) -> float:
        """How many arrivals the plan has on average."""
        return self.curve.total

    @property
    def mean_rate_per_s(self) -> float:
        """The rate averaged over the stage's length."""
        return self.curve.total / self.duration_s

    @property
    def peak_rate_per_s(self) -> float:
        """The highest rate of the stage."""
        return self.curve.peak_per_s

    @property
    def lowest_rate_per_s(self) -> float:
        """The lowest rate of the stage."""
        return self.curve.lowest_per_s

    def rate_at(self, since_start_s: float) -> float:
        """Return the rate at an instant of the stage."""
        return float(self.curve.rate(np.array([since_start_s]))[0])


@lru_cache(maxsize=256)
def _curve(rate_per_s: float, duration_s: float, shapes: tuple[Shape, ...]) -> RateCurve:
    return RateCurve(rate_per_s, duration_s, shapes)


@dataclass(frozen=True, slots=True)
class StageWindow:
    """A stage placed on the plan's own clock: it covers due times from `start_s` up to, not including, `end_s`."""

    stage: Stage
    start_s: float
    end_s: float

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name


def windows(stages: tuple[Stage, ...]) -> tuple[StageWindow, ...]:
    """Place the stages one after another, from second 0."""
    placed: list[StageWindow] = []
    start_s = 0.0
    for stage in stages:
        placed.append(StageWindow(stage, start_s, start_s + stage.duration_s))
        start_s += stage.duration_s
    return tuple(placed)


SAME_RATE = 0.01
"""Rates that differ by less than this share are the same load."""


def reference(stages: tuple[Stage, ...], name: str) -> Stage | None:
    """Return the stage that shows how a recovery stage should look: the last one measured at the same rate before it.

    None when the stage is not one of recovery, or nothing before it was measured at its rate.
    """
    place = next(index for index, stage in enumerate(stages) if stage.name == name)
    own = stages[place]
    if own.kind is not StageKind.RECOVERY:
        return None
    alike = (stage for stage in reversed(stages[:place]) if stage.kind is StageKind.MEASURE and _alike(stage, own))
    return next(alike, None)


def _alike(stage: Stage, own: Stage) -> bool:
    return abs(stage.rate_per_s / own.rate_per_s - 1) < SAME_RATE and stage.shapes == own.shapes
