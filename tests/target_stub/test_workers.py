"""Workers: results in order, from processes that never outlive their parent."""

from __future__ import annotations

import math
import operator
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from target_stub.errors import ConfigError
from target_stub.workers import available_cores, spread

Wait = Callable[[Callable[[], object]], None]


def test_results_come_in_the_order_of_the_jobs() -> None:
    """However the jobs are shared out, the first result is the first job's."""
    assert list(spread(operator.neg, range(20), processes=2)) == [-number for number in range(20)]


def test_an_error_in_a_job_is_raised() -> None:
    """A job that fails fails the whole, with its own error."""
    with pytest.raises(ValueError, match="math domain error"):
        list(spread(math.sqrt, [1.0, -1.0], processes=1))


def test_a_killed_worker_is_told_with_the_next_step() -> None:
    """Linux kills a process that it has no memory for; that is no error of ours, and not to be waited for."""
    with pytest.raises(ConfigError) as caught:
        list(spread(os._exit, [1], processes=1))
    assert "killed" in caught.value.what
    assert "memory" in caught.value.hint


def test_cores_are_those_this_process_may_use() -> None:
    """A limit by taskset is respected, as nproc(1) does."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}  # nproc reads them
    counted = subprocess.run(["nproc"], env=environ, capture_output=True, check=True)
    assert available_cores() == int(counted.stdout)


PARENT = """
import subprocess, sys
from target_stub.workers import spread
jobs = [["sh", "-c", f"echo $PPID >> {sys.argv[1]}; exec sleep 600"]] * 2
if __name__ == "__main__":
    list(spread(subprocess.call, jobs, processes=2))
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_workers_die_with_their_parent_whatever_kills_it(tmp_path: Path, wait_for: Wait) -> None:
    """After kill -9 of the parent the kernel ends its workers, in the middle of a job."""
    script, pids = tmp_path / "parent.py", tmp_path / "pids"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script), str(pids)])
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    workers = [int(pid) for pid in pids.read_text().split()]
    assert all(alive(pid) for pid in workers)
    grandchildren = [pid for worker in workers for pid in children(worker)]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    try:
        wait_for(lambda: not any(alive(pid) for pid in workers))
    finally:
        for pid in grandchildren:
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_process_whose_parent_is_gone_leaves_at_once() -> None:
    """The parent may die before the kernel was asked; then nobody would send the signal."""
    code = "from target_stub.workers import die_with_parent; die_with_parent(1); print('still here')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
