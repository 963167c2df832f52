"""Shape: how the offered rate of a stage changes over its length, as a factor of the stage's own level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_BREAKS = 100_000
"""Corners of one shape: enough for an hour of bursts every 72 ms, and kept in memory while the stage is planned."""

SINE_PIECES = 32
"""Pieces of one period that are integrated apart: Gauss's rule with four points is exact to 1e-13 on each."""


class Shape(Protocol):
    """A factor over time; `duration_s` is the length of the stage it shapes."""

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        ...

    def factor(self, t_s: Floats, duration_s: float) -> Floats:
        """Return the factor at instants since the stage's start; at a jump either side's value is right."""
        ...

    def breaks(self, duration_s: float) -> Floats:
        """Return the instants, start and end of the stage included, between which the factor is smooth."""
        ...


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight line from `start` to the stage's level."""

    start: float

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        return "ramp"

    def factor(self, t_s: Floats, duration_s: float) -> Floats:
        """Return the line's height."""
        return self.start + (1 - self.start) * t_s / duration_s

    def breaks(self, duration_s: float) -> Floats:
        """A line has no corner."""
        return np.array([0.0, duration_s])


@dataclass(frozen=True, slots=True)
class Steps:
    """A staircase of `count` equally long and equally high steps, from `start` to the stage's level."""

    start: float
    count: int

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        return "steps"

    def factor(self, t_s: Floats, duration_s: float) -> Floats:
        """Return the height of the step."""
        step = np.clip(np.floor(t_s / duration_s * self.count), 0, self.count - 1)
        return self.start + (1 - self.start) * step / (self.count - 1)

    def breaks(self, duration_s: float) -> Floats:
        """A corner at every step."""
        return np.linspace(0.0, duration_s, self.count + 1)


@dataclass(frozen=True, slots=True)
class Spike:
    """The stage's level, and once a trapezoid on top of it: `rise_s` up to `top`, `length_s` there, `fall_s` down.

    `at_s` is where the rise begins, counted from the stage's start.
    """

    top: float
    at_s: float
    length_s: float
    rise_s: float = 0.0
    fall_s: float = 0.0

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        return "spike"

    @property
    def end_s(self) -> float:
        """Where the stage's own level is reached again."""
        return self.at_s + self.rise_s + self.length_s + self.fall_s

    def factor(self, t_s: Floats, duration_s: float) -> Floats:  # noqa: ARG002 - a spike has a length of its own
        """Return the height of the trapezoid."""
        up, down = self.at_s + self.rise_s, self.at_s + self.rise_s + self.length_s
        rising = np.where(t_s >= up, 1.0, _share(t_s - self.at_s, self.rise_s))
        falling = np.where(t_s < down, 1.0, 1.0 - _share(t_s - down, self.fall_s))
        return 1.0 + (self.top - 1.0) * np.where(t_s < self.at_s, 0.0, np.minimum(rising, falling))

    def breaks(self, duration_s: float) -> Floats:
        """The corners of the trapezoid."""
        up = self.at_s + self.rise_s
        corners = [0.0, self.at_s, up, up + self.length_s, self.end_s, duration_s]
        return np.unique(np.clip(corners, 0.0, duration_s))


def _share(passed_s: Floats, length_s: float) -> Floats:
    """Return how much of a rise or fall is done; one without length is done at once."""
    if length_s <= 0:
        return np.where(passed_s >= 0, 1.0, 0.0)
    return np.clip(passed_s / length_s, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Bursts:
    """The stage's level for `burst_s`, then `low` for `pause_s`, over and over."""

    burst_s: float
    pause_s: float
    low: float = 0.0

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        return "bursts"

    def factor(self, t_s: Floats, duration_s: float) -> Floats:  # noqa: ARG002 - bursts have lengths of their own
        """Return 1 within a burst, `low` between two."""
        return np.where(np.mod(t_s, self.burst_s + self.pause_s) < self.burst_s, 1.0, self.low)

    def breaks(self, duration_s: float) -> Floats:
        """The beginning and the end of every burst."""
        period_s = self.burst_s + self.pause_s
        starts = np.arange(math.ceil(duration_s / period_s)) * period_s
        corners = np.concatenate((starts, starts + self.burst_s, [duration_s]))
        return np.unique(corners[corners <= duration_s])


@dataclass(frozen=True, slots=True)
class Sine:
    """Days: from `low` at night up to the stage's level and back in `period_s`, beginning at night."""

    low: float
    period_s: float

    @property
    def kind(self) -> str:
        """The name by which a scenario asks for it."""
        return "sine"

    def factor(self, t_s: Floats, duration_s: float) -> Floats:  # noqa: ARG002 - the period is its own
        """Return the height of the wave."""
        day: Floats = (1 - np.cos(2 * math.pi * t_s / self.period_s)) / 2
        return self.low + (1 - self.low) * day

    def breaks(self, duration_s: float) -> Floats:
        """Pieces short enough to be integrated exactly."""
        pieces = max(1, math.ceil(duration_s / self.period_s * SINE_PIECES))
        return np.linspace(0.0, duration_s, pieces + 1)
