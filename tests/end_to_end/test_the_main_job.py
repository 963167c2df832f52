"""The main job on real parts: Locust, the bundled service and Prometheus, from one command to one page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import chdir
from pathlib import Path

import psutil
import pytest

from dashboards.asking import ask
from dashboards.generate import documents
from loadtests.manifest import TrialStatus
from loadtests.run import SECONDS_FILE, read_run
from loadtests.sample import OK
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for

TENFOLD = [sys.executable, "-m", "tenfold"]

EXPERIMENT = """
name: tiny
title: A small experiment
baseline: 60/s
seed: 3
trials: 1
target: {timeout: 1s, connections: 32}
workload: {queries: {distinct: 150}}
stages:
  - {name: warm-up, multiplier: 1, duration: 4s, kind: warmup}
  - {name: 1x, multiplier: 1, duration: 6s}
  - {name: 3x, multiplier: 3, duration: 5s}
variants:
  - {name: before, profile: naive, settings: {embedder: hashing, corpus: stdlib}}
  - {name: after, profile: optimized, settings: {embedder: hashing, corpus: stdlib}}
validity: {lateness_p99: 500ms, generator_cpu: 1.0, littles_law_gap: 0.9, missing_seconds: 0.5}
indicators:
  cache_hits:
    unit: ratio
    higher_is_better: true
    promql: >-
      sum(increase(cache_requests_total{$target,result!="miss"}[$window]))
      / sum(increase(cache_requests_total{$target}[$window]))
objectives:
  - {indicator: latency, criteria: ["p(75)<900ms"], key: true}
  - {indicator: errors, criteria: [rate<5%]}
  - {indicator: recall@10, criteria: [avg>=0.5]}
  - {indicator: cache_hits, criteria: [value>=1%], stages: [3x]}
"""  # the checks of the measurement are wide: a test asks whether the parts work together, not how quiet the machine is
SHORT = EXPERIMENT.replace("duration: 4s", "duration: 1s").replace("duration: 5s", "duration: 3s")


def tenfold(folder, *words, environ=None, timeout_s=180):
    return subprocess.run(
        [*TENFOLD, *words],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def children_of(pid):
    """Every living descendant of a process."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One experiment, run once for all tests of this file."""
    folder = tmp_path_factory.mktemp("main-job")
    (folder / "tiny.yaml").write_text(EXPERIMENT)
    summary = folder / "step-summary.md"
    done = tenfold(folder, "run", "tiny.yaml", environ={"GITHUB_STEP_SUMMARY": str(summary), "NO_COLOR": "1"})
    return done, (folder / "runs" / "latest").resolve(), summary


def test_it_passes_and_says_what_it_wrote(done):
    """Exit code 0, the verdicts, the files, and what to type next."""
    finished, folder, _ = done
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "after: PASS" in finished.stdout
    assert f"tenfold report runs/{folder.name}" in " ".join(finished.stdout.split())
    assert "trial 2/2" in finished.stderr


def test_the_run_folder_is_complete(done):
    """Everything a reader, a gate or a later report needs is in one folder."""
    _, folder, _ = done
    wanted = {"run.json", "effective.yaml", "seconds.jsonl", "server.jsonl", "quality.jsonl", "queries.jsonl"}
    wanted |= {"summary.json", "summary.md", "junit.xml", "report.html", "locust.log"}
    assert wanted <= {path.name for path in folder.iterdir()}
    run = read_run(folder)
    assert run.notes == ()
    assert [trial.record.status for trial in run.trials] == [TrialStatus.COMPLETE] * 2
    assert {trial.record.variant for trial in run.trials} == {"before", "after"}
    assert len(run.manifest.links) == 3


def test_client_and_service_counted_alike(done):
    """0 <= server - client <= connections: nothing lost, nothing counted twice."""
    _, folder, _ = done
    for trial in read_run(folder).trials:
        answered = trial.timeline.outcomes[OK]
        assert trial.record.requests_counted is not None
        assert 0 <= trial.record.requests_counted - answered <= 32


def test_both_variants_met_the_same_arrivals(done):
    """Trials of a pair share their plan, second by second."""
    _, folder, _ = done
    first, second = (
        [(its.t, its.stage, its.planned) for its in trial.timeline.seconds if its.planned]
        for trial in read_run(folder).trials
    )
    assert first == second


def test_server_side_numbers_came_from_prometheus(done):
    """The optimised service's cache was hit in the last stage; the naive one has none."""
    _, folder, _ = done
    run = read_run(folder)
    values = {(trial.record.variant, its.stage): its.value for trial in run.trials for its in trial.values}
    assert values["after", "3x"] is not None
    assert values["after", "3x"] > 0.3
    assert values["before", "3x"] is None


def test_the_machine_readable_files_agree_on_the_verdict(done):
    """JSON, JUnit and the step summary say the same."""
    _, folder, summary = done
    assert "PASS" in summary.read_text()
    suites = ElementTree.parse(folder / "junit.xml").getroot()
    assert suites.get("failures") == "0" or all(
        "before" in (case.get("classname") or "") + (case.get("name") or "")
        for case in suites.iter("testcase")
        if case.find("failure") is not None
    )
    assert json.loads((folder / "summary.json").read_text())


def test_a_report_can_be_made_again_from_the_folder_alone(done):
    """The same folder gives the same exit code and verdict, next year too."""
    _, folder, _ = done
    again = tenfold(folder.parent.parent, "report", str(folder))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "after: PASS" in again.stdout


def test_every_panel_has_data_from_this_run(done, tmp_path):
    """Each query of each panel of both dashboards answers over the run's own Prometheus data; a third shows parts."""
    _, folder, _ = done
    run = read_run(folder)
    starts = [trial.record.started_unix or 0.0 for trial in run.trials]
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    command = ["prometheus", f"--config.file={folder / 'prometheus' / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'prometheus' / 'data'}", "--storage.tsdb.retention.time=10y"]
    command += [f"--web.listen-address={LOOPBACK}:{port}", "--query.lookback-delta=5s"]
    with Child("Prometheus", command, tmp_path / "prometheus.log") as child:
        wait_for(child, "readiness", lambda: answers(url + "/-/ready"), 30)
        boards = documents(run.scenario)
        parts = boards.pop(
            "loadtest-parts.json"
        )  # of a service that has them on; these queries must be sound all the same
        unsound = [its.error for its in ask(parts, url, min(starts), max(starts) + 5, {"testid": [folder.name]}).panels]
        assert not any(unsound)
        for name, document in boards.items():
            found = ask(document, url, min(starts), max(starts) + run.scenario.duration_s, {"testid": [folder.name]})
            assert found.faults == (), name


def test_two_runs_of_different_scenarios_are_not_compared(done, fake_service, tmp_path):
    """The differences are named, and the exit code is that of a usage error."""
    _, folder, _ = done
    (tmp_path / "other.yaml").write_text(
        "name: other\nbaseline: 30/s\nseed: 9\nworkload: {queries: {distinct: 50}}\n"
        "stages: [{name: 1x, multiplier: 1, duration: 1s}]\n"
    )
    ran = tenfold(tmp_path, "run", "other.yaml", "--host", fake_service().url, "--no-prometheus")
    assert ran.returncode == 4, ran.stdout + ran.stderr  # it promises nothing, and so passes nothing
    refused = tenfold(tmp_path, "compare", str(folder), "runs/latest")
    assert refused.returncode == 2
    for difference in ("baseline_rate_per_s", "seed", "queries"):
        assert difference in refused.stderr


def test_without_prometheus_the_server_side_is_not_measured_and_its_objectives_invalid(tmp_path):
    """No Prometheus on the machine: a note, 'not measured' rows, and no pass on what was not measured."""
    (tmp_path / "tiny.yaml").write_text(SHORT)
    only_python = str(Path(sys.executable).parent)  # a PATH on which there is no prometheus
    ran = tenfold(tmp_path, "run", "tiny.yaml", "--variant", "after", environ={"PATH": only_python})
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "no server-side numbers: prometheus is not installed" in ran.stderr
    run = read_run((tmp_path / "runs" / "latest").resolve())
    assert all(value.value is None for trial in run.trials for value in trial.values)
    assert "not measured" in (run.folder / "report.html").read_text()


def follow(tmp_path, action):
    """Start an experiment, wait until its load runs, do something to it, and return its exit code and descendants."""
    (tmp_path / "tiny.yaml").write_text(SHORT)
    command = [*TENFOLD, "run", "tiny.yaml", "--variant", "after"]
    with chdir(tmp_path), Child("tenfold", command, tmp_path / "tenfold.log") as child:
        seconds = tmp_path / "runs" / "latest" / SECONDS_FILE
        wait_for(child, "load", lambda: (seconds.exists() and seconds.read_bytes().count(b"\n") > 4) or None, 90)
        descendants = children_of(child.pid)
        assert len(descendants) >= 3
        action(child)
        code = child.wait(60)
        with Child("clock", ["sleep", "600"], tmp_path / "clock.log") as clock:
            wait_for(clock, "the end of all children", lambda: not alive(descendants) or None, 20)
    return code


def alive(processes):
    return [its for its in processes if its.is_running() and its.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_experiment_writes_its_report_and_leaves_nothing_behind(tmp_path, how):
    """Ctrl-C and a termination: exit code 130, the report of what was measured, no process left."""
    code = follow(tmp_path, lambda child: os.kill(child.pid, how))
    assert code == 130
    run = read_run((tmp_path / "runs" / "latest").resolve())
    assert run.trials[0].record.status is TrialStatus.INTERRUPTED
    assert (run.folder / "report.html").exists()


def test_a_killed_experiment_leaves_no_process_and_a_readable_run(tmp_path):
    """Kill -9 of the harness itself: the kernel takes the children, and the folder reads up to the last second."""
    assert follow(tmp_path, lambda child: os.kill(child.pid, signal.SIGKILL)) == -signal.SIGKILL
    run = read_run((tmp_path / "runs" / "latest").resolve())
    assert run.trials[0].record.status is TrialStatus.RUNNING
    assert run.trials[0].timeline.outcomes[OK] > 0
    judged = tenfold(tmp_path, "report", "runs/latest")
    assert judged.returncode == 4, judged.stdout + judged.stderr


@pytest.mark.parametrize("victim", ["prometheus", "locust", "target_stub"])
def test_a_killed_child_never_becomes_a_pass(tmp_path, victim):
    """Whichever child dies under load, the run ends in order, and its verdict is not PASS."""

    def kill(child):
        named = [its for its in children_of(child.pid) if victim in " ".join(its.cmdline())]
        named[0].kill()

    code = follow(tmp_path, kill)
    run = read_run((tmp_path / "runs" / "latest").resolve())
    assert (run.folder / "report.html").exists()
    assert run.manifest.finished_utc
    assert code in (3, 4)
