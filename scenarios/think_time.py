"""ThinkTime: how long a user pauses between two requests, drawn from a named distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

_NORMAL = NormalDist()
P95_OF_NORMAL = _NORMAL.inv_cdf(0.95)


class ThinkLaw(StrEnum):
    """The distributions that are known, each with the two numbers that give it."""

    CONSTANT = "constant"  # always `first`
    EXPONENTIAL = "exponential"  # of mean `first`
    UNIFORM = "uniform"  # between `first` and `second`
    LOGNORMAL = "lognormal"  # of median `first` and 95th percentile `second`; pauses of people look like it


@dataclass(frozen=True, slots=True)
class ThinkTime:
    """A distribution of pauses in seconds."""

    law: ThinkLaw = ThinkLaw.CONSTANT
    first_s: float = 0.0
    second_s: float = 0.0

    def __post_init__(self) -> None:
        if self.first_s < 0 or self.second_s < 0:
            raise ValueError("a think time must not be negative")
        if self.law is ThinkLaw.UNIFORM and self.second_s < self.first_s:
            raise ValueError(f"the longest pause {self.second_s:g} s is shorter than the shortest {self.first_s:g} s")
        if self.law is ThinkLaw.LOGNORMAL and not 0 < self.first_s <= self.second_s:
            raise ValueError("a median above zero, and a p95 that is not below it, are needed")

    def quantile(self, share: float) -> float:
        """Return the pause in seconds below which a share (0 to 1) of all pauses lie; drawing is this of a uniform."""
        match self.law:
            case ThinkLaw.CONSTANT:
                return self.first_s
            case ThinkLaw.EXPONENTIAL:
                return -self.first_s * math.log1p(-min(share, 1 - 2**-53))
            case ThinkLaw.UNIFORM:
                return self.first_s + (self.second_s - self.first_s) * share
            case ThinkLaw.LOGNORMAL:
                spread = math.log(self.second_s / self.first_s) / P95_OF_NORMAL
                return self.first_s * math.exp(spread * _NORMAL.inv_cdf(min(max(share, 2**-53), 1 - 2**-53)))

    @property
    def mean_s(self) -> float:
        """The mean pause in seconds."""
        match self.law:
            case ThinkLaw.UNIFORM:
                return (self.first_s + self.second_s) / 2
            case ThinkLaw.LOGNORMAL:
                return self.first_s * math.exp((math.log(self.second_s / self.first_s) / P95_OF_NORMAL) ** 2 / 2)
            case _:
                return self.first_s
