"""The self-test for a terminal: the answer, the cases as a table, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.printable import one_line
from reports.renderers.terminal import STYLES
from reports.report import MARKS, Tone
from reports.self_test import words
from reports.self_test.sighting import Sighting

MEASURED = 5  # the one column that may need two lines


def renderable(sightings: Sequence[Sighting]) -> RenderableType:
    """Return what to print."""
    return Group(*_parts(sightings))


def _parts(sightings: Sequence[Sighting]) -> Iterator[RenderableType]:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place in words.SHOWN:
        table.add_column(words.COLUMNS[place], no_wrap=place != MEASURED)
    for its in sightings:
        tone = Tone.PASS if its.seen else Tone.FAIL
        row = words.row(its)
        cells = [Text(one_line(row[place])) for place in words.SHOWN]
        cells[-1].stylize(STYLES[tone])
        table.add_row(*cells)
    yield table
    yield from (Text(one_line(its), style="yellow") for its in words.remarks(sightings))
    tone = words.tone(sightings)
    yield Text(f"{MARKS[tone]} {words.headline(sightings)}", style=f"bold {STYLES[tone]}")
