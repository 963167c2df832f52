"""The HTML page: one file that opens offline, needs no script, and follows the reader's colour scheme."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.chart import Chart
from reports.figures import draw
from reports.printable import printable
from reports.report import MARKS, Report


class HtmlRenderer:
    """Fills `report.html.j2`; escaping is on for everything but the drawings, which escape for themselves."""

    file_name = "report.html"

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalize,
        )

    def render(self, report: Report) -> str:
        """Return the page."""
        rows = [list(its) for wide, its in groupby(report.charts, key=lambda chart: chart.wide)]
        return self._environment.get_template("report.html.j2").render(
            report=report,
            marks=MARKS,
            chart_rows=rows,
            drawn=_drawn,
            slots=_slots(report),
            who_width=min(140, 24 + 7 * max(len(name) for name in report.variants)),
            is_web_address=_is_web_address,
        )


def _finalize(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _drawn(chart: Chart, *, narrow: bool = False) -> Markup:
    return Markup(draw(chart, narrow=narrow))  # noqa: S704 - SVG made by an XML writer, which escapes its text


def _slots(report: Report) -> dict[str, str]:
    """Return which of the page's colours each variant has: baseline, contender, or one between them."""
    names = report.variants
    slots = {name: ("third", "fourth")[index % 2] for index, name in enumerate(names[1:-1])}
    if len(names) > 1:
        slots[names[0]] = "before"
    return slots | {names[-1]: "after"}


def _is_web_address(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")
