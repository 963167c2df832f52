"""The Markdown summary: in the order that a CI page is read in, and safe from its own contents."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.renderers import make_renderer
from reports.renderers.markdown import LARGEST_BYTES, append_step_summary, escaped
from reports.report import Table


def rendered(report):
    return make_renderer("markdown").render(report)


def without_code(text):
    """The text without its indented code, in which nothing is markup."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def test_the_verdict_comes_first_then_the_generator_then_the_table(report_before_after):
    """Verdict with its sentence and exit code, soundness in one line, promises by stage, the rest folded away."""
    text = rendered(report_before_after)
    order = [
        "## ✅ PASS",
        "**After the change",
        "Exit code 0",
        "✅ The measurement is sound.",
        "| objective |",
        "<details>",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "| ✅ 9.2\u00a0ms<br><sub>±" in text
    assert "❌ no answer" in text
    assert "<details><summary>What changed</summary>" in text
    assert "[Load test](<http://127.0.0.1:3000/d/tenfold-overview?from=1&to=2>)" in text


def test_every_row_of_a_table_has_as_many_cells(every_report):
    """A pipe or a newline in a name would shift every cell behind it."""
    for report in every_report.values():
        for block in re.split(r"\n\s*\n", without_code(rendered(report))):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            assert len({line.count("|") for line in rows}) <= 1


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ("a|b", "a&#124;b"),
        ("`x`", "&#96;x&#96;"),
        ("<b>&", "&#60;b&#62;&amp;"),
        ("@everyone", "&#64;everyone"),
        ("[x](y)", "&#91;x&#93;(y)"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("\x1b[31m\x00", "\ufffd&#91;31m\ufffd"),
        ("*_#~\\", "&#42;&#95;&#35;&#126;&#92;"),
    ],
)
def test_text_from_outside_is_nothing_but_text(text, escape):
    """No table cell, code, tag, mention, link, heading or terminal sequence can begin in it."""
    assert escaped(text) == escape


def test_hostile_names_start_nothing(report_hostile):
    """Outside of code no tag but ours, no mention, no link but to the web."""
    text = without_code(rendered(report_hostile))
    assert set(re.findall(r"</?(\w+)", text)) <= {"br", "sub", "details", "summary", "http"}
    assert "@everyone" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
    for address in re.findall(r"\]\(<([^>]*)>\)", text):
        assert address.startswith("http://127.0.0.1")


def test_what_is_too_large_is_left_out_and_said(report_before_after):
    """GitHub refuses a page above 1 MiB: the front stays, the largest fold goes."""
    rows = tuple(("x" * 1000,) for _ in range(1200))
    text = rendered(replace(report_before_after, tables=(*report_before_after.tables, Table("Huge", ("a",), rows))))
    assert len(text.encode()) < LARGEST_BYTES + 200
    assert "Huge" not in text
    assert "Some parts were too large for this page" in text
    assert "<summary>All settings</summary>" in text


def test_the_summary_is_appended_to_the_job_page(tmp_path):
    """What other steps wrote stays; without GitHub nothing is written."""
    page = tmp_path / "page.md"
    page.write_text("# before\n", encoding="utf-8")
    assert append_step_summary("mine", {"GITHUB_STEP_SUMMARY": str(page)}) is True
    assert page.read_text(encoding="utf-8") == "# before\nmine\n"
    assert append_step_summary("mine", {}) is False
    assert append_step_summary("mine", {"GITHUB_STEP_SUMMARY": ""}) is False
