"""Those who draw figures, and the function that picks one."""

from __future__ import annotations

from typing import assert_never

import matplotlib
from matplotlib.figure import Figure

from reports.chart import (
    Breakdown,
    Chart,
    Distribution,
    GeneratorHealth,
    LatencyByStage,
    PlanKept,
    Ratios,
    SecondBySecond,
)
from reports.figures import breakdown, by_stage, distribution, generator, plan_kept, ratios, seconds
from reports.figures.theme import STYLE, svg


def draw(chart: Chart, *, narrow: bool = False) -> str:
    """Return a chart as inline SVG; `narrow` draws a wide chart for a page as wide as a telephone."""
    name = f"{chart.name}-narrow" if narrow else chart.name
    with matplotlib.rc_context(STYLE):
        return svg(_figure(chart, narrow=narrow), name, chart.alt)


def _figure(chart: Chart, *, narrow: bool) -> Figure:
    variants = len(chart.variants)
    match chart.drawing:
        case LatencyByStage():
            return by_stage.draw(chart.drawing, variants, narrow=narrow)
        case SecondBySecond():
            return seconds.draw(chart.drawing, variants, narrow=narrow)
        case Ratios():
            return ratios.draw(chart.drawing, variants)
        case Distribution():
            return distribution.draw(chart.drawing, variants)
        case Breakdown():
            return breakdown.draw(chart.drawing, variants)
        case GeneratorHealth():
            return generator.draw(chart.drawing, variants)
        case PlanKept():
            return plan_kept.draw(chart.drawing, variants, narrow=narrow)
        case _:
            assert_never(chart.drawing)
