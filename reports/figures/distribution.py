"""The whole distribution: latency against percentile, with a band over the trials."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from reports.chart import Distribution
from reports.figures.axes import LatencyAxis
from reports.figures.theme import HALF, canvas, colours, limit_line, plain

_TICKS = (0.0, 50.0, 90.0, 95.0, 99.0, 99.9)


def draw(its: Distribution, variants: int) -> Figure:
    """Draw the percentiles on an axis that gives each further nine the same room."""
    figure = canvas(HALF, 300)
    axes = figure.subplots()
    values = [value for curve in its.curves for _, *three in curve for value in three]
    scale = LatencyAxis(axes, values, its.limits, its.patience_s)
    furthest = 0.0
    for curve, colour in zip(its.curves, colours(variants), strict=True):
        if not curve:
            continue
        x = [_nines(percentile) for percentile, *_ in curve]
        furthest = max(furthest, x[-1])
        low, high = ([scale.at(point[place]) for point in curve] for place in (2, 3))
        axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0, zorder=2)
        axes.plot(x, [scale.at(point[1]) for point in curve], color=colour, lw=2, zorder=3)
    for limit in its.limits:
        limit_line(axes, limit, side="left")
    ticks = [percentile for percentile in _TICKS if _nines(percentile) <= furthest + 0.05]
    axes.set_xticks([_nines(its) for its in ticks], [f"{its:g}" for its in ticks])
    axes.set_xlim(0, max(furthest, 1.0))
    axes.set_xlabel(plain(f"percentile at {its.stage}"))
    return figure


def _nines(percentile: float) -> float:
    return -math.log10(1 - percentile / 100)
