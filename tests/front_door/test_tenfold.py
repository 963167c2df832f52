"""The command line: what it prints and which code it returns, without a load."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import tenfold
from loadtests.services.ports import LOOPBACK, free_port


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run `tenfold` in an empty folder; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def start(*words):
        try:
            code = tenfold.main(words)
        except SystemExit as leaving:
            code = leaving.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return start


def test_help_has_examples_and_exit_codes(run):
    """Whoever asks learns what to type, and what the answer means."""
    code, out, _ = run("--help")
    assert code == 0
    for word in ("demo", "check", "run", "compare", "dashboards", "examples:", "exit codes: 0 pass"):
        assert word in out


def test_every_command_explains_itself(run):
    """`tenfold COMMAND --help` works for each of them."""
    _, out, _ = run("--help")
    commands = re.findall(r"^    ([a-z-]+)\b", out, re.MULTILINE)
    assert {"demo", "run", "check", "ui", "serve", "report", "compare", "dashboards"} <= set(commands)
    for command in commands:
        code, text, _ = run(command, "--help")
        assert code == 0
        assert text


def test_check_draws_the_plan(run):
    """A good file is drawn: rate over time, stages, promises."""
    code, out, _ = run("check", "demo")
    assert code == 0
    assert "10x" in out
    assert "1 000/s" in out.replace("\u202f", " ").replace("\u00a0", " ")
    assert "p(95)<100ms" in out


def test_check_tells_every_mistake_and_exits_2(run, tmp_path):
    """A bad file is a usage error: all mistakes, each with its line, and the next step."""
    (tmp_path / "bad.yaml").write_text(
        "name: bad\nbaseline: 10/s\nstages: [{name: 1x, multiplier: 1, duration: 5s}]\nretries: 3\n"
        "objectives:\n  - {indicator: latency, criteria: ['p(95) under 100ms']}\n"
    )
    code, _, err = run("check", "bad.yaml")
    assert code == 2
    assert "2 mistakes" in err
    assert "line 4: unknown key 'retries'" in err
    assert "line 6, objectives[0].criteria[0]: 'p(95) under 100ms' is not a criterion" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "nonesuch"], "there is no scenario 'nonesuch'"),
        (["run", "demo", "--variant", "best"], "there is no variant 'best'"),
        (["run", "demo", "--host", "localhost:80"], "is not an address"),
        (["report", "nowhere"], "is not a run"),
        (["compare", "nowhere", "nothing"], "is not a run"),
        (["run", "demo", "--baseline", "nowhere"], "is not a run"),
        (["serve", "--profile", "best"], "best"),
        (["serve", "--hnsw-ef", "many"], "many"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_call_exits_2_and_leaves_nothing(run, tmp_path, words, said):
    """Mistakes of usage are told before anything is made."""
    code, _, err = run(*words)
    assert code == 2
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_does_not_answer_exits_2_before_any_load(run, tmp_path):
    """The address is named, and no run folder is made."""
    url = f"http://{LOOPBACK}:{free_port()}"
    code, _, err = run("run", "smoke", "--host", url)
    assert code == 2
    assert f"{url} does not answer" in err
    assert list(tmp_path.iterdir()) == []


def test_the_committed_dashboards_are_what_is_generated(run):
    """`--check` is the gate: the files in the repository are those of the code."""
    code, out, _ = run("dashboards", "--check")
    assert code == 0, out


def test_a_changed_dashboard_fails_the_check(run, tmp_path):
    """A hand edit in Grafana's JSON is shown as a difference."""
    assert run("dashboards", "--out", "boards")[0] == 0
    path = tmp_path / "boards" / "loadtest-overview.json"
    path.write_text(path.read_text().replace("Load test / Overview", "My board"))
    code, _, err = run("dashboards", "--out", "boards", "--check")
    assert code == 2
    assert "My board" in err


def test_a_reader_who_leaves_early_is_no_error():
    """`tenfold check demo | head -1` ends quietly."""
    command = f"{sys.executable} -m tenfold check demo | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout


def test_colours_are_left_out_when_not_a_terminal():
    """Pipes and NO_COLOR get plain text."""
    environ = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "tenfold", "check", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environ)
    assert "\x1b[" not in done.stdout


def test_a_port_that_is_taken_is_told():
    """The web page's port is looked at before anything is started."""
    import socket

    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tenfold", "ui", "smoke", "--web-port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--web-port" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--start", "fast"), "--start 'fast' is not a rate such as 100/s"),
        (("--start", "0/s"), "no rate to probe"),
        (("--probe", "long"), "--probe 'long' is not a duration"),
        (("--precision", "0"), "cannot be had"),
        (("--probes", "2"), "too few"),
        (("--variant", "other"), "there is no variant 'other'"),
        (("--host", "elsewhere"), "is not an address"),
    ],
)
def test_options_of_a_capacity_search_that_make_no_sense_are_told_with_the_next_step(run, words, said):
    """A rate that is none, a precision of zero, an unknown variant: two lines, exit code 2, before anything starts."""
    code, _, err = run("capacity", "smoke", *words)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 2
