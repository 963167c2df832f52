"""A capacity search for a terminal: the answer, the probes as a table, the notes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.capacity.finding import Finding
from reports.capacity import words
from reports.report import MARKS, Tone

STYLES = {Tone.PASS: "green", Tone.WARN: "yellow", Tone.FAIL: "red", Tone.INVALID: "magenta", Tone.NEUTRAL: ""}
SHOWN = (0, 1, 2, 4, 6, 7, 8)  # of the columns: what fits into 80


def renderable(finding: Finding) -> RenderableType:
    """Return what to print."""
    return Group(*_parts(finding))


def _parts(finding: Finding) -> Iterator[RenderableType]:
    tone = words.tone(finding)
    yield Text(f"{MARKS[tone]} {words.headline(finding)}", style=f"bold {STYLES[tone]}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place in SHOWN:
        table.add_column(words.COLUMNS[place], justify="left" if place in (0, 7, 8) else "right")
    for number, probe in enumerate(finding.capacity.probes, 1):
        cells = words.row(number, probe)
        style = "dim" if probe.fault else "" if probe.holds else "red"
        table.add_row(*(Text(cells[place], style=style) for place in SHOWN))
    yield table
    for title, value, note in words.tiles(finding):
        yield Text.assemble((f"{title}: ", "bold"), f"{value} ({note})")
