"""Theme: how figures look, and how a drawing becomes an inline SVG that follows the page's own colours and fonts.

Matplotlib draws with sentinel colours that stand for CSS variables; sizes are CSS pixels at the figure's full width.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from reports.chart import Band, Limit
from reports.printable import one_line, printable

INK, MUTE, GRID, LIMIT, BAND = "#010101", "#020202", "#030303", "#040404", "#050505"
BEFORE, AFTER, THIRD, FOURTH = "#060606", "#070707", "#080808", "#090909"
PAPER = "#0a0a0a"

VARIABLES = {
    INK: "--ink",
    MUTE: "--mute",
    GRID: "--line",
    LIMIT: "--limit",
    BAND: "--band",
    BEFORE: "--before",
    AFTER: "--after",
    THIRD: "--third",
    FOURTH: "--fourth",
    PAPER: "--paper",
}
"""The CSS variable that each sentinel colour stands for."""

WIDE, HALF, NARROW = 900, 420, 360
FONT = 11.5
SMALL = 10.5
DASHES = (0, (5, 3))

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be found, read aloud, and takes the page's font
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: text is measured alike on every machine
    "font.size": FONT,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTE,
    "axes.labelsize": SMALL,
    "axes.titlesize": SMALL,
    "axes.titlecolor": MUTE,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": MUTE,
    "ytick.color": MUTE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
}

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_FONT = re.compile(r"font:\s*[^;]*?(?P<size>[\d.]+px)[^;]*")  # how older versions of matplotlib write it
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def colours(variants: int) -> list[str]:
    """Return a colour for each variant: the baseline's first, the contender's last; one alone takes the contender's."""
    if variants == 1:
        return [AFTER]
    between = [THIRD, FOURTH] * variants
    return [BEFORE, *between[: variants - 2], AFTER]


def canvas(width: int, height: int) -> Figure:
    """Return an empty figure of that many CSS pixels, whose parts make room for each other."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03))
    FigureCanvasSVG(figure)
    return figure


def shade(axes: Axes, stages: tuple[Band, ...]) -> None:
    """Shade every other stage, so that the eye finds them without lines."""
    for band in stages[::2]:
        axes.axvspan(band.start_s, band.end_s, color=BAND, lw=0, zorder=0)


def limit_line(
    axes: Axes, limit: Limit, *, at: float | None = None, side: str = "right", labelled: bool = True
) -> None:
    """Draw a limit as a dashed line; its words stand above it, around `at` or else at one end."""
    axes.axhline(limit.value, color=LIMIT, lw=1.2, ls=DASHES, zorder=2.2)
    if not labelled:
        return
    end = {"left": 0.0, "right": 1.0}[side]
    axes.annotate(
        plain(limit.text),
        (end if at is None else at, limit.value),
        xycoords=("axes fraction" if at is None else "data", "data"),
        xytext=((4 if side == "left" else -4) if at is None else 0, 4),
        textcoords="offset points",
        ha=side if at is None else "center",
        va="bottom",
        color=LIMIT,
        fontsize=SMALL,
        zorder=2.4,
        bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
    )


def plain(text: str, longest: int = 60) -> str:
    """Return text fit for a drawing: on one line, without what XML forbids, and no longer than there is room for."""
    words = one_line(text)
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def svg(figure: Figure, name: str, alt: str) -> str:
    """Return a drawing as inline SVG: named for those who cannot see it, its ids its own, its colours the page's."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name, "svg.id": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 - our own drawing, made the line before
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-label", printable(alt))
    for element in root.iter():
        _follow_the_page(element, name)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _follow_the_page(element: ElementTree.Element, name: str) -> None:
    for attribute, value in list(element.attrib.items()):
        if attribute == "id":
            element.set("id", f"{name}-{value}")
        elif attribute in ("href", f"{{{_XLINK}}}href") and value.startswith("#"):
            element.attrib.pop(attribute)
            element.set("href", f"#{name}-{value[1:]}")
        elif attribute != "d":
            element.set(attribute, _with_variables(_REFERENCE.sub(rf"url(#{name}-\1)", value)))


def _with_variables(value: str) -> str:
    for colour, variable in VARIABLES.items():
        value = value.replace(colour, f"var({variable})")
    return _FAMILY.sub("", _FONT.sub(lambda its: f"font-size: {its['size']}", value))
