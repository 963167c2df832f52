"""The generator itself: lateness, CPU and requests in flight over the seconds of a trial, against the limits."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.chart import GeneratorHealth, Limit, Points
from reports.figures.axes import LatencyAxis, panel_title, round_ticks, share_axis
from reports.figures.seconds import name_stages
from reports.figures.theme import HALF, canvas, colours, limit_line, plain, shade


def draw(its: GeneratorHealth, variants: int) -> Figure:
    """Draw three panels over one time axis."""
    figure = canvas(HALF, 400)
    lateness, cpu, flight = figure.subplots(3, 1, sharex=True)
    palette = colours(variants)
    for axes in (lateness, cpu, flight):
        shade(axes, its.stages)
    values = [value for points in its.lateness for _, value in points]
    scale = LatencyAxis(lateness, [value for value in values if value > 0], (its.lateness_limit,), 1.0)
    for points, colour in zip(its.lateness, palette, strict=True):
        lateness.plot([t + 0.5 for t, _ in points], [scale.at(value) for _, value in points], color=colour)
    _finish(lateness, "start lateness p99", its.lateness_limit)
    share_axis(cpu, [its.cpu_limit.value, *(value for points in its.cpu for _, value in points)])
    _lines(cpu, its.cpu, palette)
    _finish(cpu, "CPU of a core", its.cpu_limit)
    _lines(flight, its.in_flight, palette)
    highest = max((value for points in its.in_flight for _, value in points), default=0.0)
    near = highest > its.in_flight_limit.value / 3
    flight.set_ylim(0, max(1.0, highest * 1.15, its.in_flight_limit.value * 1.15 if near else 0.0))
    flight.set_yticks(*round_ticks(max(1.0, highest)))
    _finish(flight, "requests in flight", its.in_flight_limit, drawn=near)
    flight.set_xlabel("seconds since the start of a trial")
    if its.stages:
        flight.set_xlim(its.stages[0].start_s, its.stages[-1].end_s)
        name_stages(cpu, its.stages, HALF)
    return figure


def _lines(axes: Axes, courses: tuple[Points, ...], palette: list[str]) -> None:
    for points, colour in zip(courses, palette, strict=True):
        axes.plot([t + 0.5 for t, _ in points], [value for _, value in points], color=colour)


def _finish(axes: Axes, title: str, limit: Limit, *, drawn: bool = True) -> None:
    if drawn:
        limit_line(axes, limit, labelled=False)
    panel_title(axes, plain(f"{title} ({'dashed: ' if drawn else 'of '}{limit.text})"))
