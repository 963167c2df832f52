"""Renderer: a finished Report becomes text; a promise of one method. Renderers decide nothing."""

from __future__ import annotations

from typing import Protocol

from reports.report import Report


class Renderer(Protocol):
    """Turns a report into the text of one file, whose name it knows."""

    file_name: str

    def render(self, report: Report) -> str:
        """Return the whole text, everything from outside escaped for its format."""
        ...
