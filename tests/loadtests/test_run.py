"""Run folders: begun, written line by line, read back; also what a crash left."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from loadtests.folder import begin_run
from loadtests.judged import JudgedAnswer
from loadtests.lines import LineWriter
from loadtests.manifest import Manifest, TrialRecord, TrialStatus
from loadtests.run import QUALITY_FILE, SECONDS_FILE, SERVER_FILE, read_run, save_manifest
from loadtests.sample import OK, Sample
from loadtests.server import ServerSeries, ServerValue
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario
from tests.loadtests.one_by_one import OneByOne

SCENARIO = read_scenario(find("demo"))


def begin(tmp_path):
    return begin_run(tmp_path / "runs", SCENARIO, ["tenfold", "run", "demo"])


def write_trial(folder, trial, seconds=3):
    recorder = OneByOne()
    for second in range(seconds):
        recorder.plan("1x", "search", second + 0.5)
        recorder.add("1x", Sample("search", second + 0.5, second + 0.51, OK, second + 0.5, second + 0.505, 10))
    with LineWriter(folder / SECONDS_FILE) as lines:
        lines.write({"kind": "begin", "trial": trial, "unix": 1000.0 + trial, "workers": 1, "worker": 0})
        lines.write(*({"kind": "second", "trial": trial, **second.to_json()} for second in recorder.drain()))


def test_a_run_reads_back_as_it_was_written(tmp_path):
    """Manifest, scenario, seconds, judged answers and server values all come back, each with its trial."""
    folder, manifest = begin(tmp_path)
    for index, variant in ((1, "before"), (2, "after")):
        write_trial(folder, index, seconds=index + 1)
        record = TrialRecord(index, 1, variant, 7, TrialStatus.COMPLETE, started_unix=5.0, requests_counted=index)
        manifest = manifest.with_trial(record)
    save_manifest(folder, manifest)
    answer = JudgedAnswer(2, "1x", "search", 3, "recall@10", 0.9)
    value = ServerValue(1, "1x", "cache_hits", None, "no samples")
    series = ServerSeries(2, "service_cpu", ((0.0, 0.5), (1.0, 0.75)))
    with LineWriter(folder / QUALITY_FILE) as lines:
        lines.write(answer.to_json())
    with LineWriter(folder / SERVER_FILE) as lines:
        lines.write(value.to_json(), series.to_json())
    run = read_run(folder)
    assert run.manifest == manifest
    assert run.scenario == SCENARIO
    assert run.notes == ()
    assert [trial.timeline.outcomes[OK] for trial in run.trials] == [2, 3]
    assert run.of("after")[0].judged == (answer,)
    assert run.of("before")[0].values == (value,)
    assert run.of("after")[0].series == (series,)


def test_a_truncated_last_line_is_read_up_to_and_said(tmp_path):
    """A crash loses one second, never the run."""
    folder, manifest = begin(tmp_path)
    write_trial(folder, 1)
    save_manifest(folder, manifest.with_trial(TrialRecord(1, 1, "before", 7)))
    path = folder / SECONDS_FILE
    path.write_bytes(path.read_bytes()[:-20])
    run = read_run(folder)
    assert run.trials[0].timeline.outcomes[OK] == 2
    assert run.notes == ("seconds.jsonl: ends within line 4; read up to line 3",)
    assert run.trials[0].record.status is TrialStatus.RUNNING


def test_a_trial_that_crashed_knows_its_start_from_its_lines(tmp_path):
    """The manifest learns the start only when the generator ends; the lines have it from the first second."""
    folder, manifest = begin(tmp_path)
    write_trial(folder, 1)
    save_manifest(folder, manifest.with_trial(TrialRecord(1, 1, "before", 7)))
    assert read_run(folder).trials[0].record.started_unix == 1001.0


def test_lines_of_another_kind_are_left_out_and_said(tmp_path):
    """Foreign lines cost a note, not the run."""
    folder, manifest = begin(tmp_path)
    save_manifest(folder, manifest.with_trial(TrialRecord(1, 1, "before", 7)))
    with LineWriter(folder / SECONDS_FILE) as lines:
        lines.write({"kind": "second", "trial": 1}, {"kind": "other", "trial": 1}, {"n": 1})
    assert len(read_run(folder).notes) == 3


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    """The message names the folder and an example of a run."""
    with pytest.raises(HarnessError, match="is not a run") as caught:
        read_run(tmp_path)
    assert "runs/" in caught.value.hint


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": "x"}'])
def test_a_broken_manifest_is_refused(tmp_path, content):
    """A manifest is written whole or not at all, so a broken one is not guessed at."""
    folder, _ = begin(tmp_path)
    (folder / "run.json").write_text(content)
    with pytest.raises(HarnessError, match="cannot be read"):
        read_run(folder)


def test_a_newer_format_is_refused(tmp_path):
    """An older reader must not misread a newer run."""
    folder, manifest = begin(tmp_path)
    save_manifest(folder, replace(manifest, format=2))
    with pytest.raises(HarnessError, match="format 2"):
        read_run(folder)


def test_a_manifest_survives_the_way_to_disk(tmp_path):
    """Every field, unknown future ones aside."""
    _, manifest = begin(tmp_path)
    manifest = manifest.with_trial(TrialRecord(1, 1, "a", 7, TrialStatus.FAILED, "why", target={"k": [1]}))
    data = orjson.loads(orjson.dumps(manifest.to_json()))
    assert Manifest.from_json(data | {"later": 1}) == manifest


def test_two_runs_of_one_second_get_folders_of_their_own(tmp_path):
    """Names carry the second; a second run in it is told apart, and `latest` points to it."""
    first, _ = begin(tmp_path)
    second, _ = begin(tmp_path)
    assert first != second
    assert (tmp_path / "runs" / "latest").resolve() == second.resolve()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """The next step is another place."""
    (tmp_path / "runs").write_text("a file where the folder should be")
    with pytest.raises(HarnessError, match="cannot be written") as caught:
        begin(tmp_path)
    assert "--runs" in caught.value.hint
