"""Second by second: offered and answered rates above, p95 below, over the seconds of a trial."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.chart import Band, SecondBySecond
from reports.figures.axes import LatencyAxis, panel_title, round_ticks
from reports.figures.theme import (
    INK,
    MUTE,
    NARROW,
    SMALL,
    WIDE,
    canvas,
    colours,
    limit_line,
    plain,
    shade,
)

_WIDTH_OF_A_LETTER = 0.58  # of the font size, in DejaVu Sans; system fonts are narrower


def draw(its: SecondBySecond, variants: int, *, narrow: bool) -> Figure:
    """Draw two panels over one time axis, with the stages shaded and named."""
    width = NARROW if narrow else WIDE
    figure = canvas(width, 380 if narrow else 400)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.3))
    palette = colours(variants)
    for axes in (above, below):
        shade(axes, its.stages)
    above.plot(*_steps(its.offered), color=INK, lw=1.1, ls=":", drawstyle="steps-mid", zorder=2)
    for points, colour in zip(its.answered, palette, strict=True):
        above.plot([t + 0.5 for t, _ in points], [value for _, value in points], color=colour, zorder=3)
    highest = max((value for points in (its.offered, *its.answered) for _, value in points), default=1.0)
    above.set_ylim(0, max(highest, 1.0) * 1.12)
    above.set_yticks(*round_ticks(highest))
    panel_title(above, "answered well, per second (dotted: offered)")
    scale = LatencyAxis(below, [value for points in its.p95 for _, value in points], its.limits, its.patience_s)
    for points, colour in zip(its.p95, palette, strict=True):
        below.plot([t + 0.5 for t, _ in points], [scale.at(value) for _, value in points], color=colour, zorder=3)
    for limit in its.limits:
        limit_line(below, limit, side="left")
    panel_title(below, "p95 latency")
    below.set_xlabel("seconds since the start of a trial")
    if its.stages:
        below.set_xlim(its.stages[0].start_s, its.stages[-1].end_s)
        name_stages(above, its.stages, width)
    return figure


def _steps(points: tuple[tuple[float, float], ...]) -> tuple[list[float], list[float]]:
    return [t + 0.5 for t, _ in points], [value for _, value in points]


def name_stages(axes: Axes, stages: tuple[Band, ...], width: int) -> None:
    """Write each stage's name on top of its stretch, where there is room for it."""
    total = stages[-1].end_s - stages[0].start_s
    for stage in stages:
        room = (stage.end_s - stage.start_s) / total * width * 0.85
        size = SMALL - 1
        if len(stage.name) * size * _WIDTH_OF_A_LETTER > room:
            size = SMALL - 3
        if len(stage.name) * size * _WIDTH_OF_A_LETTER > room:
            continue
        axes.annotate(
            plain(stage.name),
            ((stage.start_s + stage.end_s) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            color=MUTE,
            fontsize=size,
            zorder=5,
        )
