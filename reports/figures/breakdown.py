"""Where the time goes: bars split into parts, the same shade for the same part."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from reports import units
from reports.chart import Breakdown
from reports.figures.theme import HALF, MUTE, SMALL, canvas, colours, plain

_DARKEST, _LIGHTEST = 1.0, 0.2


def draw(its: Breakdown, variants: int) -> Figure:
    """Draw one bar for each row; the key stands below, from the darkest to the lightest."""
    figure = canvas(HALF, 130 + 50 * len(its.rows))
    axes = figure.subplots()
    palette = colours(variants)
    shades = [_DARKEST + (_LIGHTEST - _DARKEST) * place / max(1, len(its.parts) - 1) for place in range(len(its.parts))]
    longest = max(sum(values) for _, _, values in its.rows) or 1.0
    for y, (_, variant, values) in enumerate(reversed(its.rows)):
        left = 0.0
        for value, shade in zip(values, shades, strict=True):
            axes.barh(y, value, left=left, color=palette[variant], alpha=shade, height=0.58, lw=0)
            left += value
        axes.text(left + longest * 0.02, y, units.duration(left), va="center", fontsize=SMALL)
    axes.set_yticks(range(len(its.rows)), [plain(label, 20) for label, _, _ in reversed(its.rows)])
    axes.set_ylim(-0.6, len(its.rows) - 0.4)
    axes.set_xlim(0, longest * 1.24)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    names = [plain(part, 16) for part in its.parts]
    key = [Patch(facecolor=MUTE, alpha=shade, label=name) for name, shade in zip(names, shades, strict=True)]
    columns = int(HALF * 0.9 / (max(len(name) for name in names) * SMALL * 0.6 + 42))
    figure.legend(
        handles=key,
        loc="outside lower center",
        ncols=max(1, min(len(key), 4, columns)),
        frameon=False,
        fontsize=SMALL,
        labelcolor=MUTE,
    )
    return figure
