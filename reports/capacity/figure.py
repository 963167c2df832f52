"""The figure of a capacity search: latency and utilisation against the offered rate."""

from __future__ import annotations

import math

import matplotlib
from matplotlib.axes import Axes

from loadtests.capacity.finding import Finding
from loadtests.capacity.probe import Probe
from loadtests.capacity.search import Kind
from reports import units
from reports.chart import Limit
from reports.figures.axes import LatencyAxis, panel_title, round_ticks
from reports.figures.theme import (
    AFTER,
    BAND,
    INK,
    LIMIT,
    MUTE,
    PAPER,
    SMALL,
    STYLE,
    WIDE,
    canvas,
    limit_line,
    plain,
    svg,
)

PERCENTILES = (("50", 0.45), ("95", 1.0), ("99", 0.7))


def draw(finding: Finding, limits: tuple[Limit, ...]) -> str:
    """Return the figure as inline SVG; `limits` are those of the durations, in seconds."""
    probes = [*finding.capacity.probes, *((finding.soak,) if finding.soak else ())]
    told = [its for its in probes if its.percentiles_s]
    alt = f"Latency and processor use of {finding.variant} against the offered rate"
    with matplotlib.rc_context(STYLE):
        figure = canvas(WIDE, 430)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, 1))
        _latency(above, told, limits)
        _utilisation(below, told, finding)
        for axes in (above, below):
            _capacity(axes, finding)
        _name_capacity(above, finding)
        highest = max((its.rate_per_s for its in told), default=1.0)
        reach = finding.saturation.rate_per_s if finding.saturation else 0.0
        below.set_xlim(0, max(highest, min(reach, 2 * highest)) * 1.06)
        below.set_xticks(*round_ticks(below.get_xlim()[1]))
        below.set_xlabel("requests offered per second")
        return svg(figure, "capacity", alt)


def _latency(axes: Axes, probes: list[Probe], limits: tuple[Limit, ...]) -> None:
    values = [value for its in probes for value in (its.percentiles_s or {}).values()]
    scale = LatencyAxis(axes, values, limits, max((its.value for its in limits), default=1.0))
    for name, strength in PERCENTILES:
        for its in probes:
            value = (its.percentiles_s or {}).get(name, math.nan)
            if not math.isnan(value):
                face = PAPER if math.isinf(value) or its.fault else AFTER
                axes.plot(
                    its.rate_per_s,
                    scale.at(value),
                    "o",
                    mfc=face,
                    mec=AFTER,
                    ms=6 if name == "95" else 4,
                    alpha=strength,
                )
    for limit in limits:
        limit_line(axes, limit, side="left")
    panel_title(axes, "latency of each probe: p50, p95 (large) and p99; hollow: left out, or no answer")


def _utilisation(axes: Axes, probes: list[Probe], finding: Finding) -> None:
    known = [its for its in probes if math.isfinite(its.utilisation)]
    axes.plot([its.rate_per_s for its in known], [its.utilisation for its in known], "o", color=AFTER, ms=5, zorder=3)
    axes.axhline(finding.cores, color=LIMIT, lw=1.2, ls=(0, (5, 3)))
    if finding.saturation is not None and known:
        _law(axes, finding)
    axes.set_ylim(0, finding.cores * 1.25)
    axes.set_yticks(*round_ticks(finding.cores))
    said = "cores busy (dashed: all of the target's; dotted: the utilisation law, shaded its 90 % band)"
    panel_title(axes, said if known else "cores busy: not measured")


def _law(axes: Axes, finding: Finding) -> None:
    law = finding.saturation
    if law is None:
        return
    idle = finding.cores - law.cpu_s_per_request * law.rate_per_s
    axes.plot([0, law.rate_per_s], [idle, finding.cores], color=INK, lw=1.1, ls=":", zorder=2)
    high = law.high_per_s if math.isfinite(law.high_per_s) else 4 * law.rate_per_s
    axes.fill([0, law.low_per_s, high], [idle, finding.cores, finding.cores], color=INK, alpha=0.08, lw=0)


def _capacity(axes: Axes, finding: Finding) -> None:
    capacity = finding.capacity
    if not math.isfinite(capacity.value_per_s):
        return
    if math.isfinite(capacity.high_per_s) and capacity.kind is Kind.MEASURED:
        axes.axvspan(capacity.low_per_s, capacity.high_per_s, color=BAND, lw=0, zorder=0)
    axes.axvline(capacity.value_per_s, color=INK, lw=1.4, zorder=2)
    if finding.knee_per_s is not None:
        axes.axvline(finding.knee_per_s, color=MUTE, lw=1, ls=":", zorder=2)


def _name_capacity(axes: Axes, finding: Finding) -> None:
    places = []
    if math.isfinite(finding.capacity.value_per_s):
        bound = "at least " if finding.capacity.kind is Kind.AT_LEAST else ""
        value = finding.capacity.value_per_s
        places.append((value, f"capacity {bound}{units.rate(value)}", INK, 0.02))
    if finding.knee_per_s is not None:
        places.append((finding.knee_per_s, f"knee {units.rate(finding.knee_per_s)}", MUTE, 0.12))
    for value, text, colour, height in places:
        axes.annotate(
            plain(text),
            (value, height),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=colour,
            fontsize=SMALL,
        )
