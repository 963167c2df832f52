"""The A/A history: what is remembered, what is recalled, and when it is not believed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from loadtests.lines import LineWriter, read_lines
from reports.assembling import report_of
from reports.findings import find
from reports.history import HISTORY_FILE, load_hash, recall_variance, remember, rig_of
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from

CELL = "latency p95|search|1x|ratio"
EQUAL = (Variant("before", "optimized"), Variant("after", "optimized"))


def write_history(path, manifest, differences, **changes):
    """Append one line as `remember` writes it."""
    row = {
        "run": "another",
        "when": manifest.created_utc,
        "rig": rig_of(manifest.machine),
        "load": load_hash(manifest),
        "cell": CELL,
        "differences": differences,
    }
    with LineWriter(path) as lines:
        lines.write({**row, **changes})


def test_an_aa_run_is_remembered_once(run_aa, tmp_path):
    """Each compared cell gives a line with the differences of its pairs; the same run again gives none."""
    path = tmp_path / HISTORY_FILE
    kept = remember(run_aa, path)
    rows = list(read_lines(path, []))
    assert kept == len(rows) > 20
    (own,) = [row for row in rows if row["cell"] == CELL]
    (found,) = [its for its in find(run_aa).comparisons if its.cell.key == CELL]
    assert own["differences"] == pytest.approx(found.paired.differences)
    assert remember(run_aa, path) == 0
    assert len(list(read_lines(path, []))) == kept


def test_a_run_of_different_settings_is_not_remembered(run_before_after, run_alone, tmp_path):
    """A change is not noise; and one variant has no pairs."""
    path = tmp_path / HISTORY_FILE
    assert remember(run_before_after, path) == 0
    assert remember(run_alone, path) == 0
    assert not path.exists()


def test_the_variance_is_that_of_differences_whose_truth_is_zero(run_aa, tmp_path):
    """Ten pairs from two runs: the mean of their squares, by hand."""
    path = tmp_path / HISTORY_FILE
    write_history(path, run_aa.manifest, [0.1, -0.1, 0.2, -0.2, 0.3])
    assert recall_variance(path, run_aa.manifest, CELL) is None  # five pairs say too little
    write_history(path, run_aa.manifest, [0.1, 0.1, 0.1, 0.1, 0.1])
    spread = recall_variance(path, run_aa.manifest, CELL)
    assert spread.pairs == 10
    assert spread.variance == pytest.approx((0.01 + 0.01 + 0.04 + 0.04 + 0.09 + 5 * 0.01) / 10)
    assert recall_variance(path, run_aa.manifest, "latency p50|search|1x|ratio") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"rig": "Another 1 x 64"},
        {"load": "0" * 16},
        {"when": "2026-09-20T18:02:11+00:00"},  # 61 days before
        {"when": "2026-11-21T18:02:11+00:00"},  # was not known when the run was made
        {"when": "some day"},
        {"run": "aa"},  # the run itself
    ],
)
def test_another_rig_load_or_time_is_not_recalled(run_aa, tmp_path, changes):
    """Noise is a property of one machine under one load, for a while."""
    path = tmp_path / HISTORY_FILE
    write_history(path, run_aa.manifest, [0.1] * 12)
    assert recall_variance(path, run_aa.manifest, CELL) is not None
    path.unlink()
    write_history(path, run_aa.manifest, [0.1] * 12, **changes)
    assert recall_variance(path, run_aa.manifest, CELL) is None


def test_a_torn_history_is_read_as_far_as_it_is_whole(run_aa, tmp_path):
    """A crash while writing loses one line."""
    path = tmp_path / HISTORY_FILE
    write_history(path, run_aa.manifest, [0.1] * 12)
    with path.open("ab") as file:
        file.write(b'{"run": "torn", "cell": "la')
    assert recall_variance(path, run_aa.manifest, CELL).pairs == 12


def test_history_narrows_intervals_and_is_told(run_aa, tmp_path):
    """With 20 quiet pairs the interval of three is narrower, and the page says what equal settings differ by."""
    path = tmp_path / HISTORY_FILE
    write_history(path, run_aa.manifest, [0.04, -0.04] * 10)
    fresh = Recipe(manifest={"run_id": "fresh"}).write(tmp_path / "fresh")
    plain, steadied = report_of(fresh, tmp_path / "nothing"), report_of(fresh, path)
    widths = []
    for report in (plain, steadied):
        (found,) = [its for its in report.findings.comparisons if its.cell.key == CELL]
        widths.append(math.log1p(found.change.high) - math.log1p(found.change.low))
    assert widths[1] < widths[0]
    # t(.975, 12) * 0.04 / sqrt(3) = 2.1788 * 0.023094 = 0.05032: a ratio of 5.2 %
    assert "A/A noise floor of p95: ±5.2\u00a0% (20 pairs of equal settings)" in steadied.soundness.lines
    assert any("noise floor not known" in line for line in plain.soundness.lines)


def test_an_aa_report_says_so(tmp_path):
    """A reader is told that nothing was to be found, and what the rig's noise is."""
    report = report_of(Recipe(scenario=scenario_from(variants=EQUAL)).write(tmp_path / "run"))
    assert report.headline[0].startswith("One setting was compared with itself, and none of ")
    assert any("A/A noise floor of p95: ±" in line and "(this run)" in line for line in report.soundness.lines)


def test_a_noisy_aa_run_says_that_the_rig_is_noisy(tmp_path):
    """A difference between equal settings is a fault of the measurement, and told as one."""
    recipe = Recipe(scenario=scenario_from(variants=EQUAL))
    run = recipe.write(tmp_path / "run")
    slow = [trial for trial in run.trials if trial.record.variant == "after"]
    swapped = {trial.record.index: trial.record for trial in slow}
    other = Recipe(seed=4, usual={"after": _twice_as_slow()}).write(tmp_path / "other")
    trials = tuple(
        replace(trial, timeline=other.trials[trial.record.index - 1].timeline)
        if trial.record.index in swapped
        else trial
        for trial in run.trials
    )
    said = report_of(replace(run, trials=trials)).headline[0]
    assert "found a difference that is not there" in said


def _twice_as_slow():
    return Manner(median_s=0.008)
