"""Histogram: counts by bucket for one event loop, quick to add to and quick to write out.

`prometheus_client` writes a histogram line in some 5 us, so that twenty latency histograms would hold the loop for
5 ms at every scrape, which shows as a p99. Here the text before each number is made once; no locks, since only the
loop's own thread observes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from prometheus_client.utils import floatToGoString


class Histogram:
    """The buckets of one combination of labels; `le` bounds are inclusive, as Prometheus has them."""

    __slots__ = ("_bounds", "_counts", "_prefixes", "_sum")

    def __init__(self, name: str, labels: Sequence[tuple[str, str]], bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        pairs = [f'{label}="{_escaped(value)}"' for label, value in labels]
        limits = [*(floatToGoString(bound) for bound in bounds), "+Inf"]  # type: ignore[no-untyped-call]
        buckets = [f"{name}_bucket{{{','.join([*pairs, f'le={chr(34)}{limit}{chr(34)}'])}}} " for limit in limits]
        suffix = f"{{{','.join(pairs)}}} " if pairs else " "
        self._prefixes = (*buckets, f"{name}_count{suffix}", f"{name}_sum{suffix}")

    def observe(self, value: float) -> None:
        """Count one value, in the unit of the bounds."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self) -> list[str]:
        """Return the samples in Prometheus' text format, one with each line's end."""
        totals = list(accumulate(self._counts))
        values = (*totals, totals[-1], repr(self._sum))
        return [f"{prefix}{value}\n" for prefix, value in zip(self._prefixes, values, strict=True)]


class HistogramFamily:
    """A metric's histograms by their labels' values; a child once asked for is written out, even at zero."""

    def __init__(self, name: str, described: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        self._name = name
        self._labels = tuple(labels)
        self._bounds = bounds
        self._header = f"# HELP {name} {described}\n# TYPE {name} histogram\n"
        self._children: dict[tuple[str, ...], Histogram] = {}

    def child(self, *values: str) -> Histogram:
        """Return the histogram of these label values, in the labels' order; keep it rather than ask at each use."""
        child = self._children.get(values)
        if child is None:
            labels = list(zip(self._labels, values, strict=True))
            child = self._children[values] = Histogram(self._name, labels, self._bounds)
        return child

    def text(self) -> str:
        """Return the family in Prometheus' text format, which for histograms is OpenMetrics too."""
        return self._header + "".join(line for child in self._children.values() for line in child.lines())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
