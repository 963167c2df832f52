"""Paper: a table of figures, for the terminal and for a page that keeps it between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Table:
    """Rows under headings, as Markdown has them."""

    def __init__(self, headings: Sequence[str]) -> None:
        self._rows: list[list[str]] = [list(headings)]

    def add(self, *cells: object) -> None:
        """Add a row."""
        self._rows.append([str(cell) for cell in cells])

    def markdown(self) -> str:
        """Return the table, its columns of even width."""
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._rows[0]))]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in self._rows
        ]
        return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def write_between(path: Path, name: str, text: str) -> None:
    """Put the text between the page's marks of that name; a page without them gets them at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text(encoding="utf-8") if path.exists() else "# Performance\n"
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
