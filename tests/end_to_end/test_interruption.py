"""A run that is cut off: by the user, once and twice, and by a disk that is full."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys

import pytest

from loadtests.manifest import TrialStatus
from loadtests.run import read_run
from loadtests.sample import OK
from tests.end_to_end.running import LOCUST

STUBBORN = """
import time
from loadtests import interruption
interruption.listen()
while True:
    try:
        print("waiting", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_second_ctrl_c_ends_it_now(first):
    """However much is left to be done in order: exit code 130, and it says where what was measured is."""
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(first)
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "ended at once" in said


def test_a_full_disk_is_told_and_what_was_measured_is_kept(fake_service, scenario_file, tmp_path):
    """Two lines that name it, exit code 4, and a run that reads up to the last whole line and is not complete."""
    scenario_file.write_text(scenario_file.read_text().replace("distinct: 200", "distinct: 100"))
    words = ["--headless", "--only-summary", "--host", fake_service().url, "--scenario", str(scenario_file)]
    limit = 20_000  # bytes a file may have from now on: as a full disk, but for this process alone
    done = subprocess.run(
        ["prlimit", f"--fsize={limit}", *LOCUST, *words],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert done.returncode == 4, done.stderr
    assert "the run cannot be written any further" in done.stderr
    assert "free space" in done.stderr
    run = read_run((tmp_path / "runs" / "latest").resolve())
    assert run.trials[0].record.status is TrialStatus.FAILED
    assert run.trials[0].timeline.outcomes[OK] > 0
