"""Those who turn a report into text, the factory that picks one, and the function that writes all files of a run."""

from __future__ import annotations

from pathlib import Path

from loadtests.run import replace_file
from reports.renderer import Renderer
from reports.report import Report
from scenarios.errors import HarnessError

NAMES = ("html", "markdown", "json", "junit", "terminal")
WRITTEN = ("html", "markdown", "json", "junit")


def make_renderer(name: str) -> Renderer:
    """Return the renderer of that name; what is heavy is imported inside its own case.

    Raises:
        HarnessError: when there is none.
    """
    match name:
        case "html":
            from reports.renderers.html import HtmlRenderer

            return HtmlRenderer()
        case "markdown":
            from reports.renderers.markdown import MarkdownRenderer

            return MarkdownRenderer()
        case "json":
            from reports.renderers.json import JsonRenderer

            return JsonRenderer()
        case "junit":
            from reports.renderers.junit import JunitRenderer

            return JunitRenderer()
        case "terminal":
            from reports.renderers.terminal import TerminalRenderer

            return TerminalRenderer()
        case _:
            raise HarnessError(f"unknown report format {name!r}", hint=f"known: {', '.join(NAMES)}")


def write_all(report: Report, folder: Path) -> dict[str, Path]:
    """Write report.html, summary.md, summary.json and junit.xml into a folder, each whole or not at all.

    Returns:
        The path of each file by the name of its format.

    Raises:
        OSError: when the folder cannot be written.
    """
    written = {}
    for name in WRITTEN:
        renderer = make_renderer(name)
        path = folder / renderer.file_name
        replace_file(path, renderer.render(report).encode("utf-8", errors="replace"))
        written[name] = path
    return written
