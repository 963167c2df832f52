"""Thresholds: the limits of objectives as Grafana's coloured steps. One objective gives the gate and the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.settings import Limit
from scenarios.objective import Severity

GOOD, NEAR, BAD = "green", "orange", "red"

NEAR_SHARE = 0.8
"""A value within a fifth of its limit turns amber: still kept, but little is left."""

Steps = list[dict[str, Any]]


def steps(base: str, *above: tuple[float, str]) -> Steps:
    """Return threshold steps: a base colour, then (value, colour) from that value on, which must ascend.

    Raises:
        ValueError: when the values do not ascend.
    """
    values = [value for value, _ in above]
    if values != sorted(set(values)):
        raise ValueError(f"threshold values must ascend, got {values}")
    return [{"color": base, "value": None}, *({"color": colour, "value": value} for value, colour in above)]


def lines(limits: Sequence[Limit]) -> Steps:
    """Return one step per limit, to be drawn as lines: red where breaking it fails the run, amber where it warns."""
    return steps(GOOD, *((limit.value, limit_colour(limit)) for limit in limits))


def bands(limits: Sequence[Limit]) -> Steps:
    """Return the colours of a single value: good, amber when close to the first limit, and the limit's own beyond it.

    Limits from below (a hit ratio, goodput) colour from the other side and have no amber warning of their own: four
    fifths of "at least 99 %" would mean nothing.
    """
    if not limits:
        return steps(GOOD)
    if limits[0].higher_is_better:
        colours = [*(limit_colour(limit) for limit in limits), GOOD]
        return steps(colours[0], *zip((limit.value for limit in limits), colours[1:], strict=True))
    near = [(float(f"{limits[0].value * NEAR_SHARE:.6g}"), NEAR)] if limits[0].value > 0 else []
    return steps(GOOD, *near, *((limit.value, limit_colour(limit)) for limit in limits))


def limit_colour(limit: Limit) -> str:
    """Return red where breaking the limit fails the run, amber where it warns."""
    return BAD if limit.severity is Severity.FAIL else NEAR
