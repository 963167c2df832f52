"""Axes that several figures share: logarithmic latency with room for "no answer", shares, and stage names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes

from reports import units
from reports.chart import Limit
from reports.figures.theme import MUTE, SMALL

_DECADES = tuple(10.0**power for power in range(-7, 4))


class LatencyAxis:
    """A logarithmic axis of seconds; what has no end is drawn on a shelf of its own above the caller's patience."""

    def __init__(self, axes: Axes, values_s: Iterable[float], limits: Sequence[Limit], patience_s: float) -> None:
        known = [value for value in values_s if not math.isnan(value)]
        finite = [value for value in known if math.isfinite(value) and value > 0]
        finite += [limit.value for limit in limits]
        low, high = min(finite, default=0.001), max(finite, default=1.0)
        self.unanswered = len(finite) < len(known) + len(limits)
        if self.unanswered:
            high = max(high, patience_s)
        self.shelf_s = high * 10 ** (0.11 * max(1.0, math.log10(high / low)))
        self.low_s = low / 10 ** (0.12 * max(1.0, math.log10(high / low)))
        self._axes = axes
        axes.set_yscale("log")
        top = self.shelf_s * (self.shelf_s / high) ** 0.7 if self.unanswered else self.shelf_s
        axes.set_ylim(self.low_s, top)
        ticks = [its for its in _DECADES if self.low_s <= its <= high * 1.001]
        if len(ticks) < 2:
            ticks = [its * step for its in _DECADES for step in (1, 2, 5) if self.low_s <= its * step <= high * 1.001]
        labels = [units.duration(its) for its in ticks]
        if self.unanswered:
            ticks, labels = [*ticks, self.shelf_s], [*labels, "no answer"]
        axes.set_yticks(ticks, labels)
        axes.minorticks_off()

    def at(self, value_s: float) -> float:
        """Return where a value is drawn: infinity on the shelf, zero and below at the bottom."""
        return self.shelf_s if math.isinf(value_s) else max(value_s, self.low_s)


def share_axis(axes: Axes, values: Iterable[float]) -> None:
    """Set up an axis of shares, from 0 to a round number above the largest."""
    largest = max((value for value in values if math.isfinite(value)), default=1.0)
    top = next((its for its in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if largest <= its * 0.9), 1.0)
    axes.set_ylim(-top * 0.03, top * 1.1)
    axes.set_yticks([0, top / 2, top], [units.percent(its) for its in (0, top / 2, top)])


def panel_title(axes: Axes, text: str) -> None:
    """Name a panel above its left end."""
    axes.set_title(text, fontsize=SMALL, color=MUTE, pad=5)


def round_ticks(highest: float) -> tuple[list[float], list[str]]:
    """Return two to five round numbers from 0 up to the highest value, and their texts."""
    if highest <= 0:
        return [0.0], ["0"]
    steps = (base * 10.0**power for power in range(-9, 12) for base in (1, 2, 2.5, 5))
    step = next(its for its in steps if highest / its <= 4.2)
    ticks = [step * index for index in range(int(highest / step) + 1)]
    return ticks, [units.number(tick, 3) for tick in ticks]
