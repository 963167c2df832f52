"""How a variant came back after a peak, as its page leads with it."""

from __future__ import annotations

from dataclasses import replace

from reports.assembling import report_of
from reports.findings import find
from reports.returning import returns
from reports.validity import Validity
from tests.reports.synthetic import SCENARIO, Manner, Recipe, overloaded_before, scenario_from


def tile(report):
    return next(its for its in report.tiles if its.title.startswith("back after the peak"))


def test_the_page_leads_with_the_way_back(tmp_path):
    """What it was, what it is, and the interval that p95 had before the peak."""
    report = report_of(Recipe(manners=overloaded_before()).write(tmp_path / "run"))
    assert (tile(report).value, tile(report).before) == ("at once", "not within the stage")
    assert tile(report).note.startswith("p95 within ")
    (table,) = [its for its in report.tables if its.title == "Recovery"]
    assert [row[:4] for row in table.rows] == [
        ("recovery", "before", "search", "not within the stage"),
        ("recovery", "after", "search", "at once"),
    ]


def test_an_unsound_measurement_says_nothing_about_the_way_back(tmp_path):
    """The number stands there, and beside it that nobody may judge by it."""
    report = report_of(Recipe(manners={("after", "recovery"): Manner(cpu_share=0.97)}).write(tmp_path / "run"))
    assert tile(report).note == "not judged: the measurement is not sound"


def test_without_a_stage_of_recovery_there_is_no_way_back(tmp_path):
    """A tile about nothing would be noise."""
    stages = "\n".join(line for line in SCENARIO.splitlines() if "kind: recovery" not in line)
    report = report_of(Recipe(scenario=scenario_from(stages)).write(tmp_path / "run"))
    assert not [its for its in report.tiles if "back" in its.title]


def test_a_stage_that_an_abort_cut_short_is_not_called_slow(tmp_path):
    """What was not reached did not fail to recover: the note tells why nothing is known."""
    found = find(Recipe().write(tmp_path / "run"))
    why = "not reached: the run was aborted at 1x"
    cut = Validity(found.validity.checks, found.validity.achieved_per_s, {("after", "recovery"): why})
    by_variant = {its.variant: its for its in returns(replace(found, validity=cut))}
    assert by_variant["after"].found.note == why
    assert by_variant["after"].found.times_s == ()
    assert by_variant["before"].found.times_s == (0.0, 0.0, 0.0)
