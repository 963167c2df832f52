"""`tenfold capacity` and `tenfold doctor` on real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson

from loadtests.run import read_run

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: quick
baseline: 40/s
seed: 3
target: {timeout: 1s, connections: 32}
workload: {queries: {distinct: 200}}
stages: [{name: 1x, multiplier: 1, duration: 2s}]
objectives: [{indicator: latency, criteria: ["p(95)<1s"]}, {indicator: errors, criteria: [rate<5%]}]
validity: {lateness_p99: 1s, generator_cpu: 1, littles_law_gap: 1}
"""


def tenfold(folder, *words):
    command = [sys.executable, str(ROOT / "tenfold.py"), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_a_service_faster_than_was_asked_has_at_least_the_highest_rate_probed(fake_service, tmp_path):
    """Below a known ceiling the answer is a bound; every probe is a run of its own, and the page is there."""
    (tmp_path / "quick.yaml").write_text(SCENARIO)
    url = fake_service().url
    words = ("--probe", "1s", "--warmup", "1s", "--soak", "0s", "--ceiling", "80/s", "--at-least", "70/s")
    done = tenfold(tmp_path, "capacity", "quick.yaml", "--host", url, *words)
    assert done.returncode == 0, done.stderr + done.stdout
    folder = (tmp_path / "runs" / "latest").resolve()
    found = orjson.loads((folder / "capacity.json").read_bytes())
    assert found["kind"] == "at least"
    assert 70 <= found["capacity_per_s"] < 80
    assert "at least" in (folder / "capacity.html").read_text()
    last = read_run(folder / "probes" / found["probes"][-1]["run"])
    planned = sum(its.planned for its in last.trials[0].timeline.seconds)
    assert last.trials[0].timeline.outcomes["ok"] == planned > 0


def test_a_host_that_does_not_answer_is_refused_before_any_load(tmp_path):
    """Two lines, exit code 2, the address in them."""
    (tmp_path / "quick.yaml").write_text(SCENARIO)
    done = tenfold(tmp_path, "capacity", "quick.yaml", "--host", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "http://127.0.0.1:9 does not answer" in done.stderr


def test_the_doctor_looks_around_in_seconds(tmp_path):
    """Without the climb it needs no server; its last line says whether the machine is fit."""
    done = tenfold(tmp_path, "doctor", "--quick")
    assert done.returncode in (0, 4), done.stderr
    assert "fit to measure" in done.stdout
    assert "processors" in done.stdout
