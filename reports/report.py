"""Report: everything a reader will see, still without a tag or a colour. Renderers take it and decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reports.chart import Chart
from reports.findings import Findings
from reports.verdict import Outcome


class Tone(StrEnum):
    """How a thing is meant; renderers give each a colour and a mark."""

    PASS = "pass"  # noqa: S105 - a tone, not a password
    WARN = "warn"
    FAIL = "fail"
    INVALID = "invalid"
    NEUTRAL = "neutral"


MARKS = {Tone.PASS: "✓", Tone.WARN: "!", Tone.FAIL: "✕", Tone.INVALID: "⊘", Tone.NEUTRAL: ""}
"""The mark beside a tone, so that colour is never the only sign."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A verdict in two words."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that leads the page, with the number it was before (empty for one variant) and a note."""

    title: str
    value: str
    before: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Soundness:
    """Whether the measurement itself can be believed, and by which checks."""

    tone: Tone
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a matrix: a value, what became of it, small print beside and above it, and the whole reason."""

    text: str
    tone: Tone = Tone.NEUTRAL
    label: str = ""
    note: str = ""
    reason: str = ""
    above: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a matrix row: whose it is, and a cell for each column; None where nothing was asked."""

    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a matrix: what it is about, the limit it is held against, and a line for each variant.

    `change` is the change of the same measure, where there is one and the page has no room for a matrix of its own.
    """

    title: str
    limit: str
    lines: tuple[Line, ...]
    change: Line | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows against stages."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that a reader must not miss."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A way to more: a dashboard, an artefact."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Report:
    """One page. `variants` are the names, baseline first; `findings` are what everything here was made from."""

    title: str
    run_id: str
    outcome: Outcome
    exit_code: int
    variants: tuple[str, ...]
    headline: tuple[str, ...]
    chips: tuple[Chip, ...]
    meta: tuple[str, ...]
    tiles: tuple[Tile, ...]
    soundness: Soundness
    remarks: tuple[Remark, ...]
    objectives: Matrix
    changes: Matrix
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    links: tuple[Link, ...]
    reproduce: tuple[str, ...]
    findings: Findings
