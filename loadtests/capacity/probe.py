"""Probe: one fixed arrival rate offered for a while, and how far from its limits the target stayed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FURTHEST = 4.0
"""A margin is never more than this (a factor of 55): beyond it, and for requests without an answer, it says no more."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one rate.

    `margin` is the largest of ln(value / limit) over the objectives, so zero is at the limit and below zero holds;
    `error` is its standard error. `decided_by` is the objective it comes from. `percentiles_s` are latencies in seconds
    by percentile, failures counted as infinitely slow. `utilisation` is the target's CPU in cores, NaN when unknown.
    `fault` says why the probe cannot be believed: the generator, not the target, was the limit.
    """

    rate_per_s: float
    margin: float
    error: float
    decided_by: str = ""
    achieved_per_s: float = math.nan
    percentiles_s: Mapping[str, float] | None = None
    utilisation: float = math.nan
    fault: str = ""
    run: str = ""

    @property
    def sound(self) -> bool:
        """Whether the probe speaks of the target."""
        return not self.fault

    @property
    def holds(self) -> bool:
        """Whether every objective held."""
        return self.sound and self.margin <= 0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; numbers that are none become null, infinite latencies the text `no answer`."""
        row = {name: _written(value) for name, value in asdict(self).items()}
        latencies = self.percentiles_s or {}
        return {**row, "percentiles_s": {name: _written(value) for name, value in latencies.items()}}


def _written(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return "no answer" if isinstance(value, float) and math.isinf(value) else value
