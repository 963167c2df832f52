"""Recovery: how long after a peak until p95 is where it was at the same rate before it. Pure; reads slices only.

The definition is that of the settling time of a control loop: the time after which a quantity stays within a band
around its final value (IEC 60050-351:2013, 351-45-37; Ogata, Modern Control Engineering, 5-3). Here the quantity is
p95 in steps of a second or more, and the band is the interval in which p95 lay before the peak.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.histogram import GROWTH, merged
from reports.estimate import Estimate, t_quantile, variance, without_interval
from reports.slice import Slice

SHARE = 0.95

STEP_REQUESTS = 40
"""Requests that a step holds at the least: two lie beyond its p95. At fewer per second a step takes several seconds."""

FEWEST_STEPS = 3
"""Steps before the peak that an interval needs, and steps of the recovery stage below which nothing can be seen."""

_ROUNDING = math.log(GROWTH) / math.sqrt(12)  # spread of a reading that is rounded to a bucket
_HALF_OPEN = 1 / 12  # variance of a time that is read in whole steps, in steps


@dataclass(frozen=True, slots=True)
class Recovery:
    """When each trial was back, in seconds since the recovery stage began; infinite: not within the stage.

    `low_s` and `high_s` are the interval of a step's p95 before the peak; above `high_s` is not recovered. `note` says
    why nothing could be found out; `times_s` is empty then.
    """

    times_s: tuple[float, ...] = ()
    low_s: float = math.nan
    high_s: float = math.nan
    step_s: int = 1
    note: str = ""

    @property
    def value_s(self) -> float:
        """The mean over trials; infinite when one of them was not back within the stage, NaN when nothing is known."""
        return sum(self.times_s) / len(self.times_s) if self.times_s else math.nan

    def estimate(self) -> Estimate:
        """Return the mean with Student's t interval over trials; a time read in steps is never known better than that.

        Without an interval: one trial, or one that was not back within the stage.
        """
        count = len(self.times_s)
        steps = f"read in steps of {self.step_s} s"
        if not count:
            return without_interval(math.nan, 0, self.note)
        late = sum(math.isinf(its) for its in self.times_s)
        if late:
            return without_interval(math.inf, count, f"not within the stage in {late} of {count} trials, {steps}")
        if count < 2:
            return without_interval(self.value_s, count, f"no interval: one trial; {steps}")
        spread = max(variance(self.times_s), _HALF_OPEN * self.step_s**2)
        half_s = t_quantile(count - 1) * math.sqrt(spread / count)
        low_s = max(0.0, self.value_s - half_s)
        return Estimate(self.value_s, low_s, self.value_s + half_s, count, f"t over {count} trials, {steps}")


def recovery(slices: Sequence[Slice]) -> Recovery:
    """Return how long the trials of a variant took to recover; the interval before the peak is that of all together.

    A step is outside of the interval when its p95, failures counted as infinitely slow, lies above the upper end, or
    when nothing was due in it. A trial is back at the end of the last run of two or more steps outside; a single
    step is chance (one in twenty is, at 95 %), but for the very first one, which the peak reaches into.
    """
    before = [its.before for its in slices if its.before is not None]
    if not slices or len(before) < len(slices):
        return Recovery(note="no stage was measured at this rate before")
    step_s = _step_s([*slices, *before])
    if min(its.stage_s for its in (*slices, *before)) < FEWEST_STEPS * step_s:
        return Recovery(note=f"the stages are too short for {FEWEST_STEPS} steps of {step_s} s", step_s=step_s)
    usual = [p95 for its in before for p95 in steps(its, step_s)]
    if not all(math.isfinite(p95) for p95 in usual):
        return Recovery(note="p95 had no end before the peak already", step_s=step_s)
    low_s, high_s = interval(usual, slices[0].tolerance)
    times_s = tuple(_back_s([p95 > high_s for p95 in steps(its, step_s)], step_s) for its in slices)
    return Recovery(times_s, low_s, high_s, step_s)


def steps(its: Slice, step_s: int) -> list[float]:
    """Return the p95 of each whole step of a stage, in seconds; infinite when too much failed, or nothing was due."""
    first = math.floor(its.start_s)
    found = []
    for start in range(first, first + int(its.stage_s) // step_s * step_s, step_s):
        parts = [part for part in its.parts if start <= part.t < start + step_s]
        good = merged(part.ok["latency"] for part in parts)
        planned = max(sum(part.planned for part in parts), sum(part.finished for part in parts))
        found.append(good.quantile(SHARE, infinite=max(0, planned - good.total)) if planned else math.inf)
    return found


def interval(usual_s: Sequence[float], tolerance: float) -> tuple[float, float]:
    """Return the 95 % prediction interval of one further step's p95, on the logarithmic scale.

    It is never narrower than the change that does not matter: `tolerance` as a share, to either side.
    """
    logs = [math.log(its) for its in usual_s]
    middle = sum(logs) / len(logs)
    spread = max(math.sqrt(variance(logs)), _ROUNDING)
    half = max(t_quantile(len(logs) - 1) * spread * math.sqrt(1 + 1 / len(logs)), math.log1p(tolerance))
    return math.exp(middle - half), math.exp(middle + half)


def _step_s(slices: Sequence[Slice]) -> int:
    slowest_per_s = min(its.planned / its.stage_s for its in slices)
    return max(1, math.ceil(STEP_REQUESTS / slowest_per_s)) if slowest_per_s else 1


def _back_s(outside: Sequence[bool], step_s: int) -> float:
    """Return the end of the last run of steps outside that is not chance; infinite when that run has no end."""
    back, begun = 0, None
    for index, out in enumerate((*outside, False)):
        if out and begun is None:
            begun = index
        elif not out and begun is not None:
            if index - begun > 1 or begun == 0:
                back = index
            begun = None
    return math.inf if back == len(outside) else float(back * step_s)
