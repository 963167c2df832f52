"""Ctrl-C once and twice, on the web page's command and on a master with its workers: in order, and now."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from pathlib import Path

import psutil
import pytest
import requests

from loadtests.manifest import TrialStatus
from loadtests.run import Run, read_run
from loadtests.sample import OK
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.running import LOCUST, seconds_written

SCENARIO = """
name: cut
baseline: 40/s
seed: 2
target: {connections: 16}
workload: {queries: {distinct: 100}}
stages: [{name: 1x, multiplier: 1, duration: 90s}]
objectives: [{indicator: errors, criteria: [rate<1%]}]
"""


@pytest.fixture
def under_load(fake_service, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Child]:
    """A run of ninety seconds that has measured two: from the page of `tenfold ui`, or by a master and two workers."""
    (tmp_path / "cut.yaml").write_text(SCENARIO)
    url, port = fake_service().url, free_port()
    words = ["--scenario", "cut.yaml", "--host", url]
    with chdir(tmp_path), ExitStack() as stack:
        if request.param == "tenfold ui":
            command = [sys.executable, "-m", "tenfold", "ui", "cut.yaml", "--host", url, "--web-port", str(port)]
            child = stack.enter_context(Child("tenfold ui", command, tmp_path / "ui.log"))
            page = f"http://{LOOPBACK}:{port}"
            wait_for(child, "the page", lambda: answers(page), 90)
            assert requests.post(f"{page}/swarm", data={}, timeout=30).json()["success"]
        else:
            bind = ["--master-bind-host", LOOPBACK, "--master-bind-port", str(port), "--expect-workers", "2"]
            command = [*LOCUST, "--master", "--headless", "--only-summary", *bind, *words]
            child = stack.enter_context(Child("the master", command, tmp_path / "ui.log"))
            where = ["--master-host", LOOPBACK, "--master-port", str(port)]
            for number in range(2):
                log = tmp_path / f"worker-{number}.log"
                stack.enter_context(Child("a worker", [*LOCUST, "--worker", *where], log))
        wait_for(child, "two seconds", lambda: seconds_written(tmp_path, 4), 90)
        yield child


def the_run(folder: Path) -> Run:
    return read_run((folder / "runs" / "latest").resolve())


@pytest.mark.parametrize("under_load", ["tenfold ui", "a master"], indirect=True)
def test_the_first_ctrl_c_ends_the_run_with_its_report(under_load: Child, tmp_path: Path) -> None:
    """Exit code 130; the run says that it was interrupted, and its report tells what was measured."""
    os.kill(under_load.pid, signal.SIGINT)
    assert under_load.wait(90) == 130, under_load.tail()
    run = the_run(tmp_path)
    assert run.trials[0].record.status is TrialStatus.INTERRUPTED
    assert run.trials[0].timeline.outcomes[OK] > 0
    assert "interrupted" in (run.folder / "report.html").read_text()


@pytest.mark.parametrize("under_load", ["tenfold ui", "a master"], indirect=True)
def test_the_second_ctrl_c_ends_it_now(under_load: Child, tmp_path: Path) -> None:
    """Exit code 130 and no report, but a run that can be judged; nothing that it had started is left."""
    below = psutil.Process(under_load.pid).children(recursive=True)
    os.kill(under_load.pid, signal.SIGINT)
    again = "ended at once"
    with Child("clock", ["sleep", "600"], tmp_path / "clock.log") as clock:

        def press() -> bool | None:
            if under_load.exit_code is None:
                os.kill(under_load.pid, signal.SIGINT)
            return under_load.exit_code is not None or None

        wait_for(clock, "its end", press, 30)
        wait_for(clock, "the end of all children", lambda: not [its for its in below if its.is_running()] or None, 30)
    assert under_load.exit_code == 130, under_load.tail()
    assert again in (tmp_path / "ui.log").read_text()
    assert the_run(tmp_path).trials[0].timeline.outcomes[OK] > 0
