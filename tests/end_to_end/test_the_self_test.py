"""`tenfold self-test` on the real service: a fault is put in, and the gate turns red for it and for nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_two_faults_are_detected_and_the_whole_service_passes(tmp_path: Path) -> None:
    """Exit code 0; JSON on standard output and in the run folder; the token is in none of its files."""
    command = [sys.executable, "-m", "tenfold", "self-test", "--faults", "recall,errors", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    folder = tmp_path / "runs" / told["run_id"]
    assert json.loads((folder / "self-test.json").read_text()) == told
    seen = [(its["fault"], its["outcome"], its["broken"], its["detected"]) for its in told["cases"]]
    assert seen == [
        ("whole", "pass", [], True),
        ("recall", "fail", ["recall@10 avg"], True),
        ("errors", "fail", ["errors rate"], True),
    ]
    assert all((folder / its["run"] / "run.json").exists() for its in told["cases"])
    for log in [*folder.rglob("*.log"), *folder.rglob("*.json"), *folder.rglob("*.yaml")]:
        assert "ADMIN_TOKEN" not in log.read_text(errors="replace")


def test_a_fault_that_does_not_exist_is_told_in_two_lines(tmp_path: Path) -> None:
    """Before anything is started."""
    command = [sys.executable, "-m", "tenfold", "self-test", "--faults", "gremlins"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no fault 'gremlins'" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert not (tmp_path / "runs").exists()
