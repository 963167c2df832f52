"""Second by second: offered and answered rates above, p95 below, over the seconds of a trial."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.chart import Back, Band, SecondBySecond
from reports.figures.axes import LatencyAxis, panel_title, round_ticks
from reports.figures.theme import (
    INK,
    MUTE,
    NARROW,
    PAPER,
    SMALL,
    WIDE,
    canvas,
    colours,
    limit_line,
    plain,
    shade,
)

_NEAR = 2.0  # bands whose ends are closer than this factor would have words in one place
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
    shown = [value for points in its.p95 for _, value in points]
    shown += [end for backs in its.back for back in backs for end in (back.low_s, back.high_s)]
    scale = LatencyAxis(below, shown, its.limits, its.patience_s)
    for points, colour in zip(its.p95, palette, strict=True):
        below.plot([t + 0.5 for t, _ in points], [scale.at(value) for _, value in points], color=colour, zorder=3)
    for limit in its.limits:
        limit_line(below, limit, side="left")
    mark_returns(below, [(back, colour) for backs, colour in zip(its.back, palette, strict=False) for back in backs])
    told = "band: before the peak, ring: back in it" if not narrow else "ring: as before the peak"
    panel_title(below, f"p95 latency ({told})" if any(its.back) else "p95 latency")
    below.set_xlabel("seconds since the start of a trial")
    if its.stages:
        below.set_xlim(its.stages[0].start_s, its.stages[-1].end_s)
        name_stages(above, its.stages, width)
    return figure


def mark_returns(axes: Axes, backs: Sequence[tuple[Back, str]]) -> None:
    """Shade where p95 lay before the peak, over the stage that follows it, and put a ring where it is back there.

    The words stand above the band, or in it where p95 did not come down to it; those of near bands make room.
    """
    written: list[tuple[float, float]] = []
    for its, colour in backs:
        begins_s, ends_s, late = its.stage.start_s, its.stage.end_s, math.isinf(its.after_s)
        middle_s = math.sqrt(its.low_s * its.high_s)
        axes.fill_between([begins_s, ends_s], its.low_s, its.high_s, color=colour, alpha=0.16, lw=0, zorder=1)
        if not late:
            axes.plot([begins_s + its.after_s], [middle_s], "o", ms=8, mfc=PAPER, mec=colour, mew=1.8, zorder=4)
        at = (ends_s, middle_s if late else its.high_s)
        near = sum(x == at[0] and max(at[1], y) < _NEAR * min(at[1], y) for x, y in written)
        written.append(at)
        axes.annotate(
            plain(its.text),
            at,
            xytext=(-3, (0 if late else 3) + near * 1.4 * SMALL),
            textcoords="offset points",
            ha="right",
            va="center" if late else "bottom",
            color=colour,
            fontsize=SMALL,
            zorder=4.5,
            bbox=None if late else {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
        )


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
