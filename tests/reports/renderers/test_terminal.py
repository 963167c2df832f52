"""The terminal's report, and the files that are written beside a run."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from reports.renderers import NAMES, WRITTEN, make_renderer, write_all
from reports.renderers.terminal import renderable
from scenarios.errors import HarnessError


def shown(report, width=110, **options):
    console = Console(file=io.StringIO(), width=width, force_terminal=options.pop("colours", False), **options)
    console.print(renderable(report))
    return console.file.getvalue()


def test_the_table_shows_before_after_and_change(report_before_after):
    """Promises against stages, the change with its interval under both variants."""
    text = make_renderer("terminal").render(report_before_after).replace("\u00a0", " ").replace("\u202f", " ")
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.strip().startswith("p95 latency"))
    assert re.search(r"before +40 ms ✓ +64 ms ✓ +no answer ✕ +no answer ✕ +102 ms ✕", lines[start])
    assert re.search(r"< 100 ms +±6 ms", lines[start + 1])
    assert re.search(r"after +9\.0 ms ✓", lines[start + 2])
    assert re.search(r"change +4\.5x lower ✓ +7\.2x lower ✓ +at least 204x", lines[start + 4])
    assert "✓ after: PASS   ✕ before: FAIL" in text
    assert lines[0].startswith("After the change the search service keeps its promises")


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_it_fits_the_terminal(every_report, width):
    """No line is longer than the terminal is wide, whatever the run."""
    for report in every_report.values():
        assert max(len(line) for line in shown(report, width).splitlines()) <= width


def test_colours_only_where_there_is_a_terminal(report_before_after):
    """Marks carry the verdict where colours cannot."""
    assert "\x1b[" in shown(report_before_after, colours=True, color_system="standard")
    assert "\x1b[" not in shown(report_before_after)


def test_hostile_names_move_no_cursor(report_hostile):
    """Control characters do not reach the terminal, and square brackets are no markup of ours."""
    text = shown(report_hostile)
    assert not set(text) & {"\x1b", "\x07", "\x00", "\u202e"}
    assert "[31m" in text


def test_all_files_are_written_whole(report_before_after, tmp_path):
    """report.html, summary.md, summary.json and junit.xml, and nothing half-written beside them."""
    written = write_all(report_before_after, tmp_path)
    assert {name: path.name for name, path in written.items()} == {
        "html": "report.html",
        "markdown": "summary.md",
        "json": "summary.json",
        "junit": "junit.xml",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written.values())
    assert all(path.stat().st_size > 1000 for path in written.values())


@pytest.mark.parametrize("name", ["no trial", "no telemetry"])
def test_whatever_happened_there_is_a_report(every_report, tmp_path, name):
    """What was measured is written, and be it nothing."""
    assert len(write_all(every_report[name], tmp_path)) == len(WRITTEN)


def test_an_unknown_format_is_a_users_mistake():
    """Two lines: what, and which are known."""
    with pytest.raises(HarnessError, match="unknown report format 'pdf'") as error:
        make_renderer("pdf")
    assert all(name in error.value.hint for name in NAMES)
