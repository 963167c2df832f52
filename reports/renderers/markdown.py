"""The Markdown summary: a verdict line, the generator's health, a table, the rest folded away. For CI job pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reports.printable import one_line
from reports.report import Cell, Line, Matrix, Remark, Report, Table, Tone

LARGEST_BYTES = 1_000_000  # GitHub refuses a step summary above 1 MiB

_MARKS = {Tone.PASS: "✅", Tone.WARN: "⚠️", Tone.FAIL: "❌", Tone.INVALID: "⛔", Tone.NEUTRAL: ""}
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "|`@*_[]#\\~<>"} | {ord("&"): "&amp;"}


class MarkdownRenderer:
    """Writes GitHub's Markdown; nothing from outside can start a table cell, a tag, a link or a mention."""

    file_name = "summary.md"

    def render(self, report: Report) -> str:
        """Return the summary, folded parts left out from where they would make it too large."""
        text = "\n".join(_front(report)) + "\n"
        left_out = False
        for part in _folded(report):
            if len((text + part).encode()) > LARGEST_BYTES:
                left_out = True
                continue
            text += part
        return text + ("\nSome parts were too large for this page; report.html has them.\n" if left_out else "")


def append_step_summary(text: str, environ: Mapping[str, str]) -> bool:
    """Append a summary to the page of a GitHub job, when there is one; return whether it was.

    Raises:
        OSError: when the file that GitHub named cannot be written.
    """
    name = environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return False
    with Path(name).open("a", encoding="utf-8") as page:
        page.write(text if text.endswith("\n") else text + "\n")
    return True


def escaped(text: str) -> str:
    """Return text that Markdown and HTML take for nothing but text, on one line."""
    return one_line(text).translate(_ENTITIES)


def _front(report: Report) -> Iterator[str]:
    mark = _MARKS[report.chips[0].tone] if report.chips else ""
    yield f"## {mark} {escaped(report.outcome.upper())} · {escaped(report.title)}"
    yield ""
    yield f"**{escaped(' '.join(report.headline))}** Exit code {report.exit_code}."
    yield ""
    yield escaped(" · ".join(report.meta))
    yield ""
    sound = report.soundness
    yield f"{_MARKS[sound.tone]} {escaped(' · '.join((sound.title, *sound.lines)))}"
    yield ""
    yield from (f"- {_remark(its)}" for its in report.remarks)
    if report.remarks:
        yield ""
    if report.objectives.rows:
        yield from _matrix(report.objectives, first="objective")
        yield ""


def _remark(its: Remark) -> str:
    return f"{_MARKS[its.tone]} {escaped(its.text)}".strip()


def _matrix(its: Matrix, first: str) -> Iterator[str]:
    yield _row((first, "", *its.columns))
    yield _row(["---"] * (len(its.columns) + 2), ready=True)
    for row in its.rows:
        title = f"**{escaped(row.title)}**" + (f"<br>{escaped(row.limit)}" if row.limit else "")
        for number, line in enumerate((*row.lines, *([row.change] if row.change else []))):
            yield _row([title if number == 0 else "", escaped(line.name), *_cells(line)], ready=True)


def _cells(line: Line) -> list[str]:
    return ["" if cell is None else _cell(cell) for cell in line.cells]


def _cell(its: Cell) -> str:
    mark = _MARKS[its.tone]
    label = f" {escaped(its.label)}" if its.tone not in (Tone.PASS, Tone.FAIL) and its.label else ""
    note = f"<br><sub>{escaped(its.note)}</sub>" if its.note else ""
    return f"{mark} {escaped(its.text)}{label}{note}".strip()


def _row(cells: Sequence[str], *, ready: bool = False) -> str:
    return "| " + " | ".join(cells if ready else [escaped(cell) for cell in cells]) + " |"


def _folded(report: Report) -> Iterator[str]:
    if report.changes.rows:
        yield _fold("What changed", _matrix(report.changes, first="measure"))
    for table in report.tables:
        yield _fold(table.title, _table(table))
    yield _fold("Notes", (f"- {escaped(note)}" for note in report.notes))
    links = [f"- [{escaped(link.title)}](<{_address(link.url)}>)" for link in report.links if _is_web(link.url)]
    if links:
        yield "\n" + "\n".join(links) + "\n"
    if report.reproduce:
        commands = "\n".join(f"    {one_line(line)}" for line in report.reproduce)
        yield f"\nTo do it again:\n\n{commands}\n"


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _address(url: str) -> str:
    return one_line(url).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace("|", "%7C")


def _fold(title: str, lines: Iterator[str]) -> str:
    return f"\n<details><summary>{escaped(title)}</summary>\n\n" + "\n".join(lines) + "\n\n</details>\n"


def _table(its: Table) -> Iterator[str]:
    if its.note:
        yield escaped(its.note)
        yield ""
    yield _row(its.columns)
    yield _row(["---"] * len(its.columns), ready=True)
    yield from (_row(row) for row in its.rows)
