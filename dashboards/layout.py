"""Layout: rows of panels on Grafana's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafanalib import core

from dashboards.grafana import Panel

COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Box:
    """A panel with its width in columns and its height in grid units of 38 pixels."""

    panel: Panel
    width: int
    height: int


Column = tuple[Box, ...]
"""Boxes of one width, one below the other."""


@dataclass(frozen=True, slots=True)
class Row:
    """A titled part of a dashboard; each line is a sequence of columns, side by side."""

    title: str
    lines: tuple[tuple[Column, ...], ...]


def line(*boxes: Box | Column) -> tuple[Column, ...]:
    """Return boxes side by side; a tuple of boxes stands one below the other."""
    return tuple((box,) if isinstance(box, Box) else box for box in boxes)


def side_by_side(panels: Sequence[Panel], height: int, per_line: int = 3) -> tuple[tuple[Column, ...], ...]:
    """Return the panels in lines of at most `per_line`, each line filling the width."""
    lines = []
    for start in range(0, len(panels), per_line):
        chunk = panels[start : start + per_line]
        lines.append(line(*(Box(panel, COLUMNS // len(chunk), height) for panel in chunk)))
    return tuple(lines)


def laid_out(rows: Sequence[Row]) -> list[core.Panel]:
    """Give every panel its place and return them in reading order, each row's title first.

    Raises:
        ValueError: when a line is wider than the grid, or boxes of one column differ in width.
    """
    placed: list[core.Panel] = []
    top = 0
    for row in rows:
        placed.append(core.RowPanel(title=row.title, gridPos=core.GridPos(h=1, w=COLUMNS, x=0, y=top)))
        top += 1
        for columns in row.lines:
            placed += _place(row.title, columns, top)
            top += max(sum(box.height for box in column) for column in columns)
    return placed


def _place(title: str, columns: Sequence[Column], top: int) -> list[Panel]:
    placed, left = [], 0
    for column in columns:
        widths = {box.width for box in column}
        if len(widths) != 1:
            raise ValueError(f"row {title!r}: boxes of one column differ in width: {sorted(widths)}")
        width, below = widths.pop(), top
        for box in column:
            box.panel.gridPos = core.GridPos(h=box.height, w=width, x=left, y=below)
            placed.append(box.panel)
            below += box.height
        left += width
    if left > COLUMNS:
        raise ValueError(f"row {title!r}: a line is {left} columns wide, the grid has {COLUMNS}")
    return placed
