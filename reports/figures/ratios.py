"""Shares by stage: errors, cache hits and their like, one panel each."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from reports.chart import Ratios
from reports.figures.axes import panel_title, share_axis
from reports.figures.theme import HALF, SMALL, canvas, colours, limit_line, plain


def draw(its: Ratios, variants: int) -> Figure:
    """Draw one panel for each share, a line for each variant, gaps where nothing was measured."""
    figure = canvas(HALF, 60 + 130 * len(its.panels))
    rows = figure.subplots(len(its.panels), 1, sharex=True, squeeze=False)
    places = range(len(its.stages))
    for (title, values, limits), axes in zip(its.panels, rows[:, 0], strict=True):
        share_axis(axes, [value for variant in values for value in variant] + [limit.value for limit in limits])
        for order, (variant, colour) in enumerate(zip(values, colours(variants), strict=True)):
            axes.plot(places, variant, "-o", color=colour, ms=5, zorder=3 + order, clip_on=False)
        for limit in limits:
            limit_line(axes, limit, labelled=False)
        said = f" (dashed: {' and '.join(limit.text for limit in limits)})" if limits else ""
        panel_title(axes, plain(f"{title}{said}"))
        if all(math.isnan(value) for variant in values for value in variant):
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", va="center")
    rows[-1, 0].set_xticks(places, [plain(stage, int(360 / len(its.stages) / (SMALL * 0.6))) for stage in its.stages])
    rows[-1, 0].set_xlim(-0.3, len(its.stages) - 0.7)
    return figure
