"""Offered: the load of a stage in words."""

from __future__ import annotations

from pathlib import Path

from reports import units
from scenarios.scenario import Scenario
from scenarios.stage import Stage


def rate(stage: Stage) -> str:
    """Return the offered rate: one number where it is constant, else where it moves between."""
    if stage.users:
        return units.plural(stage.users, "user")
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
    """Return what a stage offers over its whole length: its mean rate, or its users."""
    return units.plural(stage.users, "user") if stage.users else units.rate(stage.mean_rate_per_s)


def origin(scenario: Scenario) -> str:
    """Return what 1x is, and where that was read from."""
    if scenario.closed is not None:
        return f"1x = {units.plural(scenario.closed.users, 'user')} in a closed load"
    rate = f"1x = {units.rate(scenario.baseline_rate_per_s)}"
    found = scenario.read_from
    if scenario.replay is not None:
        return f"{rate}, replayed from {scenario.replay.log.file.name}"
    if "access_log" in found:
        window = units.duration(float(found.get("window_s", 1.0)))
        share = float(found.get("quantile", 0.0))
        return f"{rate}, quantile {share:g} of {Path(str(found['access_log'])).name} in windows of {window}"
    if "promql" in found:
        return f"{rate}, from Prometheus at {found.get('read_utc', 'an unknown time')}"
    return rate
