"""The report before it has a tag or a colour: what it says, in which words, for good runs and for bad ones."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from loadtests.manifest import TrialStatus
from loadtests.run import SECONDS_FILE, read_run
from reports.assembling import report_of
from reports.report import Tone
from reports.verdict import Outcome
from scenarios.reading import LIBRARY, read_scenario
from tests.reports.synthetic import Manner, Recipe, scenario_from


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")


def tile(report, title):
    (found,) = [its for its in report.tiles if plain(its.title) == title]
    return plain(found.before), plain(found.value), plain(found.note)


def table(report, title):
    (found,) = [its for its in report.tables if its.title == title]
    return found


def test_the_tiles_lead_with_the_numbers_that_matter(report_before_after):
    """Latency and errors at the highest load, how far promises are kept, CPU where both kept them, quality."""
    assert tile(report_before_after, "p95 latency at 10x") == ("no answer", "9.2 ms", "improved: at least 200x lower")
    assert tile(report_before_after, "promises kept up to") == (
        "200/s",
        "1 000/s",
        "at least: the plan goes no further",
    )
    assert tile(report_before_after, "errors at 10x") == ("83 %", "0 %", "at most 0.017 %, promised < 1 %")
    assert tile(report_before_after, "CPU per 1 000 answered at 2x")[:2] == (
        "6.5 s",
        "2 s",
    )  # 1.3 and 0.4 cores at 200/s
    assert tile(report_before_after, "recall@10 at 10x")[0] == "1.000"


def test_the_line_below_the_headline_tells_the_circumstances(report_before_after):
    """Who against whom, how often, under which load, of which commit, where, when, for how long."""
    assert [plain(its) for its in report_before_after.meta] == [
        "synthetic",
        "before (naive) against after (optimized)",
        "3 trials each, interleaved",
        "1x = 100/s",
        "commit 4f1c2ab",
        "2 cores, 24 GiB",
        "20 Nov 2026 18:02 UTC",
        "4 min 38 s",
    ]
    assert report_before_after.reproduce == (
        "git checkout 4f1c2ab",
        """tenfold run synthetic.yaml --note 'it'"'"'s paper'""",
    )


def test_every_promise_is_a_row_with_a_line_for_each_variant(report_before_after):
    """Cells stand under their stage; where nothing was promised there is none."""
    matrix = report_before_after.objectives
    assert matrix.columns == ("1x", "2x", "5x", "10x", "recovery")
    assert [(row.title, plain(row.limit)) for row in matrix.rows] == [
        ("p95 latency", "< 100 ms"),
        ("errors", "< 1 %"),
        ("goodput", "≥ 99 %"),
        ("throughput", "≥ 950/s"),
        ("recall@10", "≥ 0.95"),
        ("p95 latency, change", "≤ +10 %"),
        ("cache hits", "≥ 85 %"),
    ]
    throughput = matrix.rows[3]
    assert [cell is None for cell in throughput.lines[0].cells] == [True, True, True, False, True]
    change = matrix.rows[5]
    assert [line.name for line in change.lines] == ["after"]
    cell = matrix.rows[0].lines[0].cells[2]
    assert (cell.text, cell.tone, cell.label, plain(cell.note)) == ("no answer", Tone.FAIL, "fail", "within 2 s")


def test_what_changed_is_told_in_one_order_at_every_stage(report_before_after):
    """Rows of one measure together, p99 after p95 although it is missing at the first stages."""
    titles = [plain(row.title) for row in report_before_after.changes.rows]
    assert titles[:6] == ["p50 latency", "p95 latency", "p99 latency", "errors", "goodput", "recall@10"]
    p99 = report_before_after.changes.rows[2].lines[0].cells
    assert [cell is None for cell in p99] == [True, True, False, False, True]
    assert plain(p99[2].above) == "no answer → 13 ms"


def test_latency_is_shown_three_ways(report_before_after):
    """Judged, over all, and over the good ones: 60 % failures at 2 s, the good ones at 0.9 s."""
    rows = {row[:3]: [plain(text) for text in row[3:]] for row in table(report_before_after, "Latency three ways").rows}
    assert rows["before", "p50", "judged"][2] == "no answer"
    assert rows["before", "p50", "all"][2] in ("1.98 s", "1.99 s", "2 s")
    assert rows["before", "p50", "ok only"][2].endswith(" ms")


def test_settings_that_differ_stand_apart_from_all_settings(report_before_after):
    """What the service itself said it was set to, and only where the variants differ."""
    assert table(report_before_after, "Settings that differ").rows == (
        ("cache", "False", "True"),
        ("profile", "naive", "optimized"),
    )
    everything = {row[:2] for row in table(report_before_after, "All settings").rows}
    assert {
        ("scenario", "target.timeout"),
        ("machine", "cpu"),
        ("versions", "locust"),
        ("queries", "sha256"),
    } <= everything


def test_a_run_cut_in_its_last_line_is_read_up_to_it_and_that_is_said(tmp_path):
    """What a crash leaves: the whole lines count, the torn one is noted, the unfinished stages are not judged."""
    folder = tmp_path / "run"
    Recipe(scenario=scenario_from(trials=1), status={1: TrialStatus.RUNNING}).write(folder)
    content = (folder / SECONDS_FILE).read_bytes()
    (folder / SECONDS_FILE).write_bytes(content[: len(content) - 1000])
    report = report_of(read_run(folder))
    assert any("ends within line" in note for note in report.notes)
    assert "Trial 2 (after) is running." in report.notes
    assert report.outcome is Outcome.INVALID
    assert {its.outcome for its in report.findings.of("after") if its.stage == "recovery"} == {Outcome.INVALID}


def test_a_stage_without_a_sample_is_invalid(tmp_path):
    """The seconds of 10x are missing: never a pass, never a number."""
    run = Recipe(scenario=scenario_from(trials=1)).write(tmp_path / "run")
    lines = (run.folder / SECONDS_FILE).read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"stage":"10x"' not in line]
    (run.folder / SECONDS_FILE).write_bytes(b"".join(kept))
    report = report_of(read_run(run.folder))
    assert {its.outcome for its in report.findings.verdicts if its.stage == "10x"} == {Outcome.INVALID}
    assert report.exit_code == 4


def test_one_trouble_is_told_once(tmp_path):
    """A promise broken at two stages is one sentence; an unsound stage is told by the soundness lines alone."""
    broken = Recipe(manners={("after", stage): Manner(median_s=0.2) for stage in ("5x", "10x")}).write(tmp_path / "a")
    remarks = [plain(its.text) for its in report_of(broken).remarks]
    assert len(remarks) == 1
    assert remarks[0].startswith("p95 latency < 100 ms: not kept at 5x (")
    unsound = report_of(Recipe(manners={("after", "10x"): Manner(cpu_share=0.97)}).write(tmp_path / "b"))
    assert unsound.remarks == ()
    assert unsound.soundness.title == "Not sound, and not judged: after at 10x."
    assert plain(unsound.soundness.lines[0]) == (
        "after at 10x: trial 2: generator 97 % of a core (limit 80 %); the service answered at least 1 000/s"
    )


def test_missing_trials_and_notes_are_told(tmp_path):
    """Two of three trials ran; one had a note."""
    run = Recipe().write(tmp_path / "run")
    noted = replace(run.trials[0].record, note="answers not judged: the service was gone")
    trials = (replace(run.trials[0], record=noted), *run.trials[1:-1])
    notes = report_of(replace(run, trials=trials)).notes
    assert "after: 2 of 3 trials were run." in notes
    assert "Trial 1 (before) is complete: answers not judged: the service was gone." in notes


@pytest.mark.parametrize("links", [{}, {"Load test": "http://127.0.0.1:3000/d/x"}])
def test_links_are_those_of_the_manifest(run_before_after, links):
    """Dashboards where there are any."""
    run = replace(run_before_after, manifest=replace(run_before_after.manifest, links=links))
    assert {its.title: its.url for its in report_of(run).links} == links


def test_a_report_can_be_made_again_from_the_folder_alone(run_before_after):
    """Next year, elsewhere: the same report, whatever the environment."""
    again = read_run(run_before_after.folder)
    assert report_of(again).headline == report_of(run_before_after).headline
    assert report_of(again).objectives == report_of(run_before_after).objectives
    assert os.listdir(run_before_after.folder) == os.listdir(again.folder)  # noqa: PTH208 - reading writes nothing


@pytest.mark.parametrize("name", sorted(path.stem for path in LIBRARY.glob("*.yaml")))
def test_every_scenario_of_the_library_can_be_reported(tmp_path, name):
    """Whatever is promised there has words, limits and a place in the matrix."""
    scenario = replace(read_scenario(LIBRARY / f"{name}.yaml"), trials=1)
    report = report_of(Recipe(scenario=scenario).write(tmp_path / "run"))
    assert len(report.objectives.rows) >= len(scenario.objectives)
    assert report.headline
