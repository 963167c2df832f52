"""The self-test's files and table say the same, whatever the texts hold."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from loadtests.self_test.case import Case, Expected
from reports.self_test.files import write
from reports.self_test.sighting import Sighting
from reports.self_test.terminal import renderable
from reports.verdict import Outcome

SEEN = Sighting(
    Case("tail", "a | slow <tail>", Expected.FAIL, "latency p95", {"latency": {"tail_ms": 250}}),
    Outcome.FAIL,
    ("latency p95",),
    "250 ms (< 100 ms)",
    seen=True,
    run="r1",
)
MISSED = Sighting(
    Case("whole", "nothing", Expected.PASS),
    Outcome.FAIL,
    ("errors rate",),
    "1 of 2",
    seen=False,
    remark="why",
    run="r2",
)


def test_json_has_every_field_and_markdown_every_row(tmp_path) -> None:
    """Programs read whether it passed, and per fault what was wanted, said, broken and measured; people, a table."""
    assert write([SEEN, MISSED], tmp_path) == ("self-test.json", "self-test.md")
    told = json.loads((tmp_path / "self-test.json").read_text())
    assert (told["version"], told["passed"], told["run_id"]) == (1, False, tmp_path.name)
    assert told["cases"][0] == {
        "fault": "tail",
        "about": "a | slow <tail>",
        "faults": {"latency": {"tail_ms": 250}},
        "expected": "fail",
        "promise": "latency p95",
        "outcome": "fail",
        "broken": ["latency p95"],
        "measured": "250 ms (< 100 ms)",
        "detected": True,
        "remark": "",
        "run": "cases/r1",
    }
    page = (tmp_path / "self-test.md").read_text()
    assert (
        "| tail | a \\| slow &lt;tail> | latency p95 | FAIL | FAIL | 250 ms (&lt; 100 ms) | ✓ yes | `cases/r1` |"
        in page
    )
    assert "- whole: why" in page
    assert "The gate cannot be trusted" in page


def test_the_table_fits_a_terminal_and_ends_with_the_answer() -> None:
    """In 80 columns each case is one line; the last line is the answer."""
    console = Console(file=StringIO(), width=80, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(renderable([SEEN, MISSED]))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert any(line.startswith(" tail") and line.endswith("✓ yes") for line in lines) or any(
        line.startswith("tail") and line.endswith("✓ yes") for line in lines
    )
    assert "whole: why" in lines
    assert lines[-1].startswith("✕ The gate cannot be trusted")
