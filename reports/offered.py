"""Offered: the load of a stage in words."""

from __future__ import annotations

from reports import units
from scenarios.stage import Stage


def rate(stage: Stage) -> str:
    """Return the offered rate: one number where it is constant, else where it moves between."""
    if not stage.shapes:
        return units.rate(stage.rate_per_s)
    lowest, highest = stage.lowest_rate_per_s, stage.peak_rate_per_s
    return f"{units.number(lowest)}\N{EN DASH}{units.rate(highest)}"


def multiple(stage: Stage) -> str:
    """Return the offered load as multiples of the baseline."""
    if not stage.shapes:
        return f"{units.number(stage.multiplier)}x"
    lowest, highest = (
        its * stage.multiplier / stage.rate_per_s for its in (stage.lowest_rate_per_s, stage.peak_rate_per_s)
    )
    return f"{units.number(lowest)}\N{EN DASH}{units.number(highest)}x"


def shape(stage: Stage) -> str:
    """Return the names of the shapes that bend a stage's load; empty when it is constant."""
    return ", ".join(its.kind for its in stage.shapes)


def sustained(stage: Stage) -> str:
    """Return the rate that a stage offers over its whole length: its mean."""
    return units.rate(stage.mean_rate_per_s)
