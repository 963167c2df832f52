"""Latency by stage: percentiles of every variant side by side, with the promises as lines."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from reports.chart import LatencyByStage
from reports.figures.axes import LatencyAxis
from reports.figures.theme import GRID, MUTE, NARROW, PAPER, SMALL, WIDE, canvas, colours, limit_line, plain


def draw(its: LatencyByStage, variants: int, *, narrow: bool) -> Figure:
    """Draw percentiles as dots; a line joins the variants of one percentile."""
    figure = canvas(NARROW, 300) if narrow else canvas(WIDE, 330)
    axes = figure.subplots()
    flat = [value for variant in its.values for stage in variant for value in stage]
    scale = LatencyAxis(axes, flat, its.limits, its.patience_s)
    step = 0.62 / max(1, len(its.percentiles) - 1) / 1.4
    for index in range(len(its.stages)):
        for place, percentile in enumerate(its.percentiles):
            x = index + (place - (len(its.percentiles) - 1) / 2) * step
            ends = [scale.at(variant[place][index]) for variant in its.values if not math.isnan(variant[place][index])]
            if len(ends) > 1:
                axes.plot([x, x], [min(ends), max(ends)], color=GRID, lw=3, solid_capstyle="round", zorder=1)
            for order, (variant, colour) in enumerate(zip(its.values, colours(variants), strict=True)):
                value = variant[place][index]
                if not math.isnan(value):
                    face = PAPER if math.isinf(value) else colour
                    axes.plot(x, scale.at(value), "o", mfc=face, mec=colour, mew=1.5, ms=7, zorder=3 + order)
            if index == 0 and ends:
                axes.annotate(
                    f"{percentile:g}" if narrow else f"p{percentile:g}",
                    (x, min(ends)),
                    xytext=(0, -8),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    color=MUTE,
                    fontsize=SMALL - (2 if narrow else 1),
                )
    for limit in its.limits:
        limit_line(axes, limit, at=None if narrow or len(its.stages) < 2 else len(its.stages) - 1.5)
    room = int((300 if narrow else 800) / len(its.stages) / (SMALL * 0.6))
    names = ["\n".join(plain(part, room) for part in stage.split(" · ")) if narrow else stage for stage in its.stages]
    axes.set_xticks(range(len(its.stages)), names if narrow else [plain(name, room) for name in names])
    axes.set_xlim(-0.5, len(its.stages) - 0.5)
    axes.grid(axis="x", visible=False)
    axes.tick_params(axis="x", length=0)
    if narrow:
        axes.tick_params(labelsize=SMALL - 1)
    return figure
