"""`tenfold ui`: Locust's page with the bundled service and Prometheus beside it."""

from __future__ import annotations

import signal
import sys
from contextlib import chdir

import psutil
import requests

from loadtests.run import read_run
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.running import complete_runs, offered_by_second, planned_by_second

SCENARIO = """
name: page
baseline: 40/s
seed: 2
target: {connections: 16}
workload: {queries: {distinct: 100}}
stages: [{name: 1x, multiplier: 1, duration: 3s}]
variants: [{name: service, profile: optimized, settings: {embedder: hashing, corpus: stdlib}}]
objectives: [{indicator: errors, criteria: [rate<1%]}]
"""


def test_start_is_pressed_and_the_run_is_the_plan(tmp_path):
    """One command serves the page; pressing Start runs the plan against the bundled service; Ctrl-C leaves nothing."""
    (tmp_path / "page.yaml").write_text(SCENARIO)
    port = free_port()
    page = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "tenfold", "ui", "page.yaml", "--web-port", str(port)]
    with chdir(tmp_path), Child("tenfold ui", command, tmp_path / "ui.log") as child:
        wait_for(child, "the page", lambda: answers(page), 60)
        assert requests.post(f"{page}/swarm", data={}, timeout=10).json()["success"]
        (folder,) = wait_for(child, "the end of the run", lambda: complete_runs(tmp_path, 1), 60)
        below = psutil.Process(child.pid).children(recursive=True)
        child.stop(signal.SIGINT, grace_s=30)
        with Child("clock", ["sleep", "600"], tmp_path / "clock.log") as clock:
            wait_for(
                clock, "the end of all children", lambda: not [its for its in below if its.is_running()] or None, 20
            )
    assert child.exit_code == 130
    assert page in (tmp_path / "ui.log").read_text()
    run = read_run(folder)
    assert offered_by_second(run) == planned_by_second(run.scenario)
    assert run.trials[0].record.requests_counted == planned_by_second(run.scenario).total()
