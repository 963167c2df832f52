"""A promise with abort_on_fail against a service that is too slow: the run ends early, with its verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from loadtests.manifest import TrialStatus
from loadtests.run import Run, read_run

SCENARIO = """
name: early
baseline: 80/s
seed: 4
trials: 2
target: {timeout: 1s, connections: 64}
workload: {queries: {distinct: 50}}
stages:
  - {name: 1x, multiplier: 1, duration: 40s}
  - {name: 2x, multiplier: 2, duration: 40s}
validity: {lateness_p99: 500ms, generator_cpu: 1.0, littles_law_gap: 0.9, missing_seconds: 0.5}
objectives:
  - {indicator: latency, criteria: [med<20ms], abort_on_fail: true, delay_abort_eval: 1s, abort_window: 3s}
  - {indicator: errors, criteria: [rate<1%]}
"""


def check(run: Run, words: str) -> None:
    """The trial is aborted, not failed; the report says which promise, and what was not reached."""
    (trial,) = run.trials
    assert trial.record.status is TrialStatus.ABORTED
    assert trial.abort is not None
    assert (trial.abort.stage, trial.abort.objective) == ("1x", 0)
    assert trial.abort.at_s < 20
    summary = json.loads((run.folder / "summary.json").read_text())
    assert (summary["outcome"], summary["exit_code"]) == ("fail", 3)
    verdicts = {(its["indicator"], its["stage"]): its for its in summary["verdicts"]}
    assert verdicts["latency", "1x"]["outcome"] == "fail"
    assert verdicts["latency", "2x"]["reason"] == "not reached: the run was aborted at 1x"
    assert verdicts["errors", "1x"]["outcome"] == "not measured"
    assert "The run was aborted at 1x" in summary["headline"]
    assert words in summary["headline"]
    assert (run.folder / "report.html").exists()


def test_a_run_and_its_further_trials_end(fake_service, tmp_path: Path) -> None:
    """`tenfold run`: exit code 3 after some seconds instead of minutes, and the second trial is not begun."""
    (tmp_path / "early.yaml").write_text(SCENARIO)
    command = [sys.executable, "-m", "tenfold", "run", "early.yaml", "--host", fake_service(80).url, "--no-prometheus"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "aborted; 1 further trials were not run" in done.stderr
    check(read_run((tmp_path / "runs" / "latest").resolve()), "2x was not reached, 1 further trial not run")


def test_locust_by_hand_ends_too(fake_service, locust, tmp_path: Path, only_run) -> None:
    """Headless Locust: exit code 3, and the report is written before it ends."""
    (tmp_path / "early.yaml").write_text(SCENARIO)
    done = locust("--host", fake_service(80).url, "--scenario", "early.yaml", "--exit-code-on-error", "0")
    assert done.returncode == 3, done.stderr
    assert "the run ends here: latency med<20ms, search: broken at 1x" in done.stderr
    check(only_run(), "2x was not reached")


BASELINE = """
name: worse-before
baseline: 40/s
seed: 5
trials: 2
target: {timeout: 1s, connections: 64}
workload: {queries: {distinct: 50}}
stages: [{name: 1x, multiplier: 1, duration: 6s}]
validity: {lateness_p99: 900ms, generator_cpu: 1.0, littles_law_gap: 0.9, missing_seconds: 0.9}
variants:
  - name: before
    profile: optimized
    settings: {embedder: hashing, corpus: stdlib}
    faults: {errors: {ratio: 0.9}}
  - {name: after, profile: optimized, settings: {embedder: hashing, corpus: stdlib}}
objectives:
  - {indicator: errors, criteria: [rate<40%], abort_on_fail: true, delay_abort_eval: 1s}
"""


def test_a_baseline_that_breaks_its_promise_ends_its_own_trials_only(tmp_path: Path) -> None:
    """The run is about the contender: it is measured all the same, and its verdict is the run's."""
    (tmp_path / "worse.yaml").write_text(BASELINE)
    command = [sys.executable, "-m", "tenfold", "run", "worse.yaml", "--no-prometheus"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "aborted; 1 further trials of before were not run" in done.stderr
    run = read_run((tmp_path / "runs" / "latest").resolve())
    statuses = [(trial.record.variant, trial.record.status) for trial in run.trials]
    assert sorted(statuses) == [("after", TrialStatus.COMPLETE)] * 2 + [("before", TrialStatus.ABORTED)]
    summary = json.loads((run.folder / "summary.json").read_text())
    assert {its["name"]: its["outcome"] for its in summary["variants"]} == {"before": "fail", "after": "pass"}
    assert "The baseline's trial was aborted at 1x" in summary["headline"]
