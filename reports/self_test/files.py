"""The self-test as files: JSON for programs, Markdown for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from loadtests.self_test.stand import CASES_FOLDER
from reports.self_test import words
from reports.self_test.sighting import Sighting

JSON_FILE = "self-test.json"
MARKDOWN_FILE = "self-test.md"
VERSION = 1


def to_json(sightings: Sequence[Sighting], run_id: str) -> dict[str, Any]:
    """Return everything as JSON's own types."""
    cases = [
        {
            "fault": its.case.name,
            "about": its.case.about,
            "faults": dict(its.case.faults),
            "expected": str(its.case.expected),
            "promise": its.case.promise or None,
            "outcome": str(its.outcome),
            "broken": list(its.broken),
            "measured": its.measured,
            "detected": its.seen,
            "remark": its.remark,
            "run": f"{CASES_FOLDER}/{its.run}",
        }
        for its in sightings
    ]
    return {
        "version": VERSION,
        "run_id": run_id,
        "passed": words.passed(sightings),
        "headline": words.headline(sightings),
        "cases": cases,
    }


def to_markdown(sightings: Sequence[Sighting]) -> str:
    """Return a page with the table."""
    columns = (*words.COLUMNS, "run")
    lines = ["# Self-test of the gate", "", f"**{words.headline(sightings)}**", ""]
    lines += [_line(columns), _line(["---"] * len(columns))]
    lines += [_line((*map(_escaped, words.row(its)), f"`{CASES_FOLDER}/{its.run}`")) for its in sightings]
    told = words.remarks(sightings)
    lines += ["", *(f"- {_escaped(its)}" for its in told)] if told else []
    return "\n".join(lines) + "\n"


def write(sightings: Sequence[Sighting], folder: Path) -> tuple[str, str]:
    """Write both files into a run folder and return their names.

    Raises:
        OSError: when they cannot be written.
    """
    body = orjson.dumps(to_json(sightings, folder.name), option=orjson.OPT_INDENT_2)
    (folder / JSON_FILE).write_bytes(body + b"\n")
    (folder / MARKDOWN_FILE).write_text(to_markdown(sightings), encoding="utf-8")
    return JSON_FILE, MARKDOWN_FILE


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())
