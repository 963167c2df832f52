"""Chart: the numbers of one figure, and the words around it. How it is drawn is the figures' affair."""

from __future__ import annotations

from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]
"""(x, y) pairs; y may be infinite (no answer) or NaN (nothing there)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that a promise draws, in base units."""

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stage as a stretch of the time axis, in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class LatencyByStage:
    """Percentiles by stage: `values[variant][percentile][stage]` in seconds; infinite means no answer."""

    stages: tuple[str, ...]
    percentiles: tuple[float, ...]
    values: tuple[tuple[tuple[float, ...], ...], ...]
    limits: tuple[Limit, ...]
    patience_s: float


@dataclass(frozen=True, slots=True)
class Back:
    """Where p95 is back between `low_s` and `high_s` after a peak: `after_s` into a stage, infinite: not within it."""

    stage: Band
    after_s: float
    low_s: float
    high_s: float
    text: str


@dataclass(frozen=True, slots=True)
class SecondBySecond:
    """Offered and answered requests per second, and p95 in seconds, over the seconds of a trial.

    `back[variant]` holds what is known of the recovery stages.
    """

    stages: tuple[Band, ...]
    offered: Points
    answered: tuple[Points, ...]
    p95: tuple[Points, ...]
    limits: tuple[Limit, ...]
    patience_s: float
    back: tuple[tuple[Back, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Ratios:
    """Shares by stage, one panel for each: `panels[...] = (title, values[variant][stage], limits)`."""

    stages: tuple[str, ...]
    panels: tuple[tuple[str, tuple[tuple[float, ...], ...], tuple[Limit, ...]], ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Latency in seconds against percentile (0 to 100): for each variant (percentile, value, lowest, highest)."""

    stage: str
    curves: tuple[tuple[tuple[float, float, float, float], ...], ...]
    limits: tuple[Limit, ...]
    patience_s: float


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A whole split into parts, in seconds: rows of (label, variant's position, value of each part)."""

    parts: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class GeneratorHealth:
    """The generator over the seconds of a trial: lateness p99 in seconds, CPU share, requests in flight."""

    stages: tuple[Band, ...]
    lateness: tuple[Points, ...]
    cpu: tuple[Points, ...]
    in_flight: tuple[Points, ...]
    lateness_limit: Limit
    cpu_limit: Limit
    in_flight_limit: Limit


@dataclass(frozen=True, slots=True)
class PlanKept:
    """Requests per second over the seconds of a trial: as planned, from the scenario alone, and as they were sent."""

    stages: tuple[Band, ...]
    planned: Points
    sent: tuple[Points, ...]


Drawing = LatencyByStage | SecondBySecond | Ratios | Distribution | Breakdown | GeneratorHealth | PlanKept


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure to be: heading, caption, what a reader who cannot see it is told, and its numbers.

    `wide` charts take the whole width of the page, others half of it.
    """

    name: str
    title: str
    caption: str
    alt: str
    variants: tuple[str, ...]
    drawing: Drawing
    wide: bool = True
