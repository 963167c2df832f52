"""Objective: a promise about one indicator, in chosen stages, with its severity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scenarios.abort import Abort
from scenarios.criterion import Criterion
from scenarios.indicator import Indicator, IndicatorKind


class Severity(StrEnum):
    """What a broken objective means for the verdict."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise: every criterion holds, for the operation, in each of the stages on its own.

    `operation` None means each operation of the workload apart. `key` objectives lead the report and are the ones
    whose change is gated. `optional` turns a value that could not be measured into "not measured" instead of INVALID.
    `abort` set means that the run ends as soon as the promise is seen to be broken.
    """

    indicator: Indicator
    criteria: tuple[Criterion, ...]
    stages: tuple[str, ...]
    operation: str | None = None
    severity: Severity = Severity.FAIL
    key: bool = False
    optional: bool = False
    abort: Abort | None = None

    def __post_init__(self) -> None:
        if not self.criteria:
            raise ValueError(f"objective on {self.indicator.name}: no criterion")
        if not self.stages:
            raise ValueError(f"objective on {self.indicator.name}: no stage to judge")


MIN_BEYOND = 30
"""Samples that must lie beyond a percentile before it is judged (fewer say little about it): 600 for p95 and 3 000 for
p99. Below that an interval over trials is dominated by a handful of requests."""

MIN_SAMPLES_RATE = 100
"""Requests before a ratio is judged: 0 failures in 100 mean below 3 % with 95 % confidence (rule of three)."""

MIN_SAMPLES_QUALITY = 30
"""Judged answers before a mean quality is judged."""


def min_samples(objective: Objective, criterion: Criterion) -> int:
    """Return how many samples, over all trials of a stage, the criterion needs before it may pass or fail."""
    match objective.indicator.kind:
        case IndicatorKind.TIMING:
            percentile = criterion.percentile if criterion.percentile is not None else 50.0
            return round(MIN_BEYOND / (1 - percentile / 100))
        case IndicatorKind.QUALITY:
            return MIN_SAMPLES_QUALITY
        case IndicatorKind.PROMQL | IndicatorKind.RECOVERY:
            return 1
        case _:
            return MIN_SAMPLES_RATE
