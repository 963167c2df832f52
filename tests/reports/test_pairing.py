"""Two runs made apart: compared when alike, refused when not, and never passed off as interleaved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.assembling import report_of_two
from reports.comparison import Answer
from reports.pairing import differences, refuse_unlike, two_runs
from reports.verdict import Outcome
from scenarios.errors import HarnessError
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from

ALONE = scenario_from(variants=(Variant("service", "optimized"),), objectives=tuple(scenario_from().objectives[:2]))


def a_run(folder, median_s=0.004, **changes):
    return Recipe(scenario=ALONE, usual={"service": Manner(median_s=median_s)}, **changes).write(folder)


@pytest.fixture
def slower(tmp_path):
    """A run and one that is half again as slow."""
    return a_run(tmp_path / "old", seed=1), a_run(tmp_path / "new", median_s=0.006, seed=2)


def test_the_later_run_is_compared_with_the_earlier(slower):
    """Both contenders side by side, trials paired in their order; every verdict of either is there."""
    run = two_runs(*slower)
    assert [variant.name for variant in run.scenario.variants] == ["before", "after"]
    assert [(its.record.variant, its.record.pair) for its in run.trials] == [
        ("before", 1),
        ("before", 2),
        ("before", 3),
        ("after", 1),
        ("after", 2),
        ("after", 3),
    ]
    assert len({its.record.index for its in run.trials}) == 6


def test_a_regression_is_what_was_asked_for_and_fails(slower):
    """+50 % on a key measure: exit code 3, although every promise about a level is kept."""
    report = report_of_two(*slower)
    assert report.findings.outcomes["after"] is Outcome.PASS
    assert report.exit_code == 3
    assert {its.answer for its in report.findings.comparisons if its.measure.key == "latency p95"} == {Answer.REGRESSED}


def test_the_weaker_design_is_told(slower):
    """Whatever changed on the machine between the runs is in the change: the reader is warned where it is read."""
    report = report_of_two(*slower)
    assert any("not interleaved" in remark.text for remark in report.remarks)
    assert "3 trials, two runs apart" in report.meta
    assert report.reproduce[-1] == "tenfold compare old new"


def test_unlike_runs_are_refused_with_every_difference(tmp_path):
    """Load, queries and machine: all of them at once, and how to compare all the same."""
    before = a_run(tmp_path / "old")
    machine = {"host": "other", "cpu": "Paper 9000", "cores": 2, "memory_bytes": 24 * 2**30 + 4096}
    after = a_run(tmp_path / "new", machine=machine, manifest={"queries": {"sha256": "def456", "count": 2000}})
    after = replace(after, manifest=replace(after.manifest, load={**after.manifest.load, "seed": 8}))
    with pytest.raises(HarnessError) as refused:
        two_runs(before, after)
    assert [name for name, _, _ in differences(before, after)] == ["load.seed", "machine.host", "queries.sha256"]
    for told in ("load.seed: 7 before, 8 after", "machine.host: bench before, other after", "queries.sha256"):
        assert told in refused.value.what
    assert "--allow-different=host,load.seed,queries.sha256" in refused.value.hint
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("allow", [["host"], ["machine.host"], ["machine"], ["seed", "host"]])
def test_a_named_difference_is_allowed(tmp_path, allow):
    """By its name, its full name, or the name of its group."""
    other = {"host": "other", "cpu": "Paper 9000", "cores": 2, "memory_bytes": 24 * 2**30}
    before, after = a_run(tmp_path / "old"), a_run(tmp_path / "new", machine=other)
    refuse_unlike(before, after, allow)
    with pytest.raises(HarnessError):
        refuse_unlike(before, after, ["cpu"])


def test_another_commit_or_setting_is_what_the_comparison_is_about(tmp_path):
    """Code and settings may differ, and the page shows in what."""
    before = a_run(tmp_path / "old", manifest={"commit": "aaaaaaa"})
    after = a_run(tmp_path / "new", manifest={"commit": "bbbbbbb"})
    report = report_of_two(before, after)
    (differing,) = [table for table in report.tables if table.title == "Settings that differ"]
    assert ("commit", "aaaaaaa", "bbbbbbb") in differing.rows


def test_a_run_without_trials_is_not_compared(slower):
    """There is nothing to compare, and the error says which."""
    empty = replace(slower[0], trials=())
    with pytest.raises(HarnessError, match="old has no trial of before"):
        two_runs(empty, slower[1])


def test_variants_of_different_names_keep_them(tmp_path):
    """`naive` against `optimized` need not be called before and after."""
    naive = Recipe(scenario=replace(ALONE, variants=(Variant("naive", "naive"),))).write(tmp_path / "old")
    run = two_runs(naive, a_run(tmp_path / "new"))
    assert [variant.name for variant in run.scenario.variants] == ["naive", "service"]
