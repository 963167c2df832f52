"""The page of a capacity search: one file that opens offline, needs no script, and follows the reader's colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from loadtests.capacity.finding import Finding
from reports import units
from reports.capacity import words
from reports.capacity.figure import draw
from reports.chart import Limit
from reports.printable import printable
from reports.report import MARKS

FILE = "capacity.html"
_HERE = Path(__file__).parent


def render(finding: Finding, limits: tuple[Limit, ...]) -> str:
    """Return the page; `limits` are those of the durations, in seconds."""
    environment = Environment(
        loader=FileSystemLoader([_HERE, _HERE.parent / "renderers"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    machine = finding.manifest.machine
    return environment.get_template("page.html.j2").render(
        title=f"Capacity: {finding.title or finding.scenario}",
        tone=words.tone(finding),
        marks=MARKS,
        kind=finding.capacity.kind.value,
        headline=words.headline(finding),
        meta=(
            finding.scenario,
            finding.variant,
            units.plural(len(finding.capacity.probes), "probe"),
            f"commit {finding.manifest.commit}",
            str(machine.get("cpu", "")),
            units.instant(finding.manifest.created_utc),
        ),
        tiles=tuple(words.tiles(finding)),
        notes=tuple(words.notes(finding)),
        figure=Markup(draw(finding, limits)),  # noqa: S704 - SVG made by an XML writer, which escapes its text
        columns=words.COLUMNS,
        rows=tuple(words.row(number, its) for number, its in enumerate(finding.capacity.probes, 1)),
    )


def _finalize(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
