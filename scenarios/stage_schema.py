"""The keys of one entry of `stages` and of its `shape`: what may be written, with which defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from scenarios.part import Duration, Level, Name, Part, Pause, Rate
from scenarios.quantity import Level as LevelValue
from scenarios.quantity import LevelUnit
from scenarios.stage import StageKind

_NOTHING = LevelValue(0.0, LevelUnit.STAGE)


class RampPart(Part):
    """`kind: ramp`: a straight line from `from` to the stage's level."""

    kind: Literal["ramp"]
    start: Annotated[Level, Field(alias="from")] = _NOTHING


class StepsPart(Part):
    """`kind: steps`: a staircase from `from` to the stage's level."""

    kind: Literal["steps"]
    start: Annotated[Level, Field(alias="from")]
    count: Annotated[int, Field(ge=2, le=1000)]


class SpikePart(Part):
    """`kind: spike`: once up to `to` and back; `at` counts from the stage's start, by default it is in the middle."""

    kind: Literal["spike"]
    to: Level
    length: Duration
    at: Pause | None = None
    rise: Pause = 0.0
    fall: Pause = 0.0


class BurstsPart(Part):
    """`kind: bursts`: the stage's level for `burst`, `low` for `pause`, over and over."""

    kind: Literal["bursts"]
    burst: Duration
    pause: Duration
    low: Level = _NOTHING


class SinePart(Part):
    """`kind: sine`: from `low` up to the stage's level and back in `period`, by default the stage's length."""

    kind: Literal["sine"]
    low: Level = _NOTHING
    period: Duration | None = None


ShapePart = Annotated[RampPart | StepsPart | SpikePart | BurstsPart | SinePart, Field(discriminator="kind")]


def _listed(data: Any) -> Any:
    """Return a list of shapes where one was written."""
    return [data] if isinstance(data, dict) else data


class StagePart(Part):
    """One entry of `stages`: a level (a rate, or a multiple of the baseline), a length, and what bends the level."""

    name: Name
    multiplier: Annotated[float, Field(gt=0)] | None = None
    rate: Rate | None = None
    users: Annotated[int, Field(ge=1, le=100_000)] | None = None
    duration: Duration
    kind: StageKind = StageKind.MEASURE
    shape: Annotated[list[ShapePart], BeforeValidator(_listed), Field(max_length=7)] = Field(default_factory=list)
