"""Colours: which series has which, the same in every graph, and which are dashed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dashboards.grafana import override
from dashboards.settings import Limit
from dashboards.thresholds import limit_colour
from target_stub.metric_names import STAGES

GREY, BLUE, PURPLE, ORANGE, GREEN, RED = "#8e97a6", "#5794f2", "#b877d9", "#ff9830", "#73bf69", "#f2495c"
TEAL = "#4bc8c8"

BY_THRESHOLD = {"mode": "thresholds"}

_CONTENDERS = (BLUE, PURPLE, ORANGE, GREEN)
YELLOW, LIME, ROSE, BROWN, NAVY = "#e0b400", "#a3c644", "#e77aa4", "#a0785a", "#3d6fb4"
_STAGES = (GREY, GREEN, TEAL, YELLOW, ORANGE, BLUE, LIME, ROSE, BROWN, NAVY, PURPLE)


def variant_colours(variants: Sequence[str]) -> list[dict[str, Any]]:
    """Return overrides that give each variant its colour wherever its name begins a legend.

    The variant that others are compared with is grey, so that the ones under judgement stand out.
    """
    palette = [GREY, *_CONTENDERS] if len(variants) > 1 else list(_CONTENDERS)
    return [
        series_colour(f"/^{re.escape(variant)}(,|$)/", palette[index % len(palette)])
        for index, variant in enumerate(variants)
    ]


def stage_colours() -> list[dict[str, Any]]:
    """Return overrides that give each stage inside a request its colour."""
    return [series_colour(f"/^{stage}$/", colour) for stage, colour in zip(STAGES, _STAGES, strict=True)]


def objective_colours(limits: Sequence[Limit]) -> list[dict[str, Any]]:
    """Return overrides for limits that are drawn as series: dashed, in the colour of what breaking them means."""
    return [
        rule
        for limit in limits
        for pattern in (f"/^objective: {re.escape(f'{limit.value:g}')} /",)
        for rule in (series_colour(pattern, limit_colour(limit)), dashed(pattern))
    ]


def series_colour(pattern: str, colour: str) -> dict[str, Any]:
    """Return an override that colours the series whose legend matches the pattern."""
    return override("byRegexp", pattern, color={"fixedColor": colour, "mode": "fixed"})


def dashed(pattern: str) -> dict[str, Any]:
    """Return an override that dashes the series whose legend matches the pattern."""
    style = {"dash": [6, 5], "fill": "dash"}
    return override("byRegexp", pattern, custom__lineStyle=style, custom__fillOpacity=0)
