"""The plan kept: arrivals per second as planned, and as they were sent, over the seconds of a trial."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.chart import PlanKept
from reports.figures.axes import panel_title, round_ticks
from reports.figures.seconds import name_stages
from reports.figures.theme import INK, NARROW, WIDE, canvas, colours, shade


def draw(its: PlanKept, variants: int, *, narrow: bool) -> Figure:
    """Draw one panel: the plan as a dotted staircase, each variant's sent requests as a line upon it."""
    width = NARROW if narrow else WIDE
    figure = canvas(width, 240)
    axes = figure.subplots(1, 1)
    shade(axes, its.stages)
    for points, colour in zip(its.sent, colours(variants), strict=True):
        axes.plot([t + 0.5 for t, _ in points], [value for _, value in points], color=colour, lw=1.6, zorder=3)
    seconds, values = [t + 0.5 for t, _ in its.planned], [value for _, value in its.planned]
    axes.plot(seconds, values, color=INK, lw=1.1, ls=":", drawstyle="steps-mid", zorder=4)
    highest = max((value for points in (its.planned, *its.sent) for _, value in points), default=1.0)
    axes.set_ylim(0, max(highest, 1.0) * 1.18)
    axes.set_yticks(*round_ticks(highest))
    panel_title(axes, "requests per second (dotted: planned)")
    axes.set_xlabel("seconds since the start of a trial")
    if its.stages:
        axes.set_xlim(its.stages[0].start_s, its.stages[-1].end_s)
        name_stages(axes, its.stages, width)
    return figure
