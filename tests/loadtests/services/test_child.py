"""Children: started on a leash, watched, ended in order; none outlives its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.services.child import Child
from loadtests.services.waiting import wait_for
from scenarios.errors import HarnessError

SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\nwhile True: signal.pause()",
]


def up(child):
    return wait_for(child, "its first word", lambda: "up" in child.log.read_text() or None, 20)


def gone(pid):
    """A process is gone when it does not exist, or is a zombie that nobody has reaped yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_child_is_stopped_when_its_block_ends(tmp_path):
    """Whatever happens inside the block, nothing stays."""
    with contextlib.suppress(RuntimeError), Child("sleeper", SLEEPER, tmp_path / "log") as child:
        up(child)
        raise RuntimeError("in the block")
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_will_not_end_is_killed(tmp_path):
    """After the grace the kernel ends it."""
    child = Child("stubborn", STUBBORN, tmp_path / "log")
    up(child)
    assert child.stop(grace_s=0.2) == -signal.SIGKILL


def test_a_child_that_ended_is_told_with_its_last_words(tmp_path):
    """The message has the exit code and the end of the log."""
    child = Child("failing", [sys.executable, "-c", "print('out of cheese'); raise SystemExit(7)"], tmp_path / "log")
    child.wait(20)
    with pytest.raises(HarnessError, match=r"failing ended with exit code 7(.|\n)*out of cheese"):
        child.check()


def test_a_command_that_does_not_exist_is_told(tmp_path):
    """The name that could not be started is in the message."""
    child = Child("missing", ["no-such-command-here"], tmp_path / "log")
    child.wait(20)
    with pytest.raises(HarnessError, match="no-such-command-here"):
        child.check()


def test_waiting_ends_with_the_deadline(tmp_path):
    """What does not come is named."""
    with (
        Child("sleeper", SLEEPER, tmp_path / "log") as child,
        pytest.raises(HarnessError, match="a miracle did not come within"),
    ):
        wait_for(child, "a miracle", lambda: None, 0.2)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_outlives_its_parent(tmp_path, how):
    """Killed outright, terminated or interrupted: the kernel takes the children with their parent."""
    script = (
        "import sys; from pathlib import Path; from loadtests.services.child import Child\n"
        f"child = Child('stubborn', {STUBBORN!r}, Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, flush=True); child.wait(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())

    class Log:
        name, log = "stubborn", tmp_path / "log"

        def check(self):
            assert parent.poll() is None

    up(Log())
    os.kill(parent.pid, how)
    parent.wait(20)
    parent.stdout.close()
    with Child("clock", SLEEPER, tmp_path / "clock") as clock:
        assert wait_for(clock, "the end of the grandchild", lambda: gone(pid) or None, 10)


def test_a_child_runs_on_the_processors_it_was_given(tmp_path):
    """Generator and target must not take each other's time."""
    cpu = max(os.sched_getaffinity(0))
    ask = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
    child = Child("pinned", ask, tmp_path / "log", cpus=[cpu])
    assert child.wait(20) == 0
    assert child.log.read_text().strip() == f"[{cpu}]"
