"""The terminal's report: the headline, whether it can be believed, and the verdict table, as rich renderables."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.printable import one_line
from reports.report import MARKS, Cell, Line, Report, Row, Tone

STYLES = {Tone.PASS: "green", Tone.WARN: "yellow", Tone.FAIL: "red", Tone.INVALID: "magenta", Tone.NEUTRAL: ""}
WIDTH = 110  # of the plain text; a terminal's own width is used when rich prints


class TerminalRenderer:
    """Writes the terminal's report as plain text, without colours."""

    file_name = "summary.txt"

    def render(self, report: Report) -> str:
        """Return plain text."""
        console = Console(file=io.StringIO(), width=WIDTH, color_system=None, legacy_windows=False)
        with console.capture() as captured:
            console.print(renderable(report))
        return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def renderable(report: Report) -> RenderableType:
    """Return everything that a terminal shows of a report."""
    return Group(*_parts(report))


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text(" ".join(one_line(its) for its in report.headline), style="bold")
    yield Text(one_line(" · ".join(report.meta)), style="dim")
    yield Text("")
    sound = report.soundness
    yield _marked(sound.tone, f"{sound.title} {' · '.join(sound.lines)}")
    yield from (_marked(its.tone, its.text) for its in report.remarks)
    if report.objectives.rows:
        yield verdict_table(report)
    yield chips(report)


def chips(report: Report) -> RenderableType:
    """Return the verdicts in one line."""
    line = Text()
    for chip in report.chips:
        line.append(
            f"{MARKS[chip.tone]} {one_line(chip.text)}".strip() + "   ", style=f"bold {STYLES[chip.tone]}".strip()
        )
    return line


def verdict_table(report: Report) -> Table:
    """Return promises against stages: a line for each variant, and the change with its interval below."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("objective")
    table.add_column("", style="dim")
    for column in report.objectives.columns:
        table.add_column(Text(one_line(column)), min_width=8)
    for number, row in enumerate(report.objectives.rows):
        if number:
            table.add_section()
        _add(table, row)
    return table


def _add(table: Table, row: Row) -> None:
    title = Text(one_line(row.title), style="bold")
    title.append(f"\n{one_line(row.limit)}", style="not bold dim")
    lines = [*row.lines, *([row.change] if row.change else [])]
    for number, line in enumerate(lines):
        table.add_row(title if number == 0 else "", Text(one_line(line.name)), *_cells(line))


def _cells(line: Line) -> list[Text]:
    return [Text("") if cell is None else _cell(cell) for cell in line.cells]


def _cell(its: Cell) -> Text:
    text = Text(one_line(its.text), style=STYLES[its.tone])
    if MARKS[its.tone]:
        text.append(f" {MARKS[its.tone]}")
    if its.tone is Tone.INVALID:
        text.append(f" {its.label}")
    if its.note:
        text.append(f"\n{one_line(its.note)}", style="not bold dim")
    return text


def _marked(tone: Tone, text: str) -> RenderableType:
    line = Text(f"{MARKS[tone] or '·'} ", style=f"bold {STYLES[tone]}".strip())
    line.append(one_line(text), style="not bold")
    return Padding(line, (0, 0, 0, 0))
