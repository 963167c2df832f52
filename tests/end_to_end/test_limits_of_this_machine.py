"""What this machine really runs out of: descriptors by the kernel's limit, ports in a network namespace of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.run import read_run
from loadtests.sample import NO_FILE, NO_PORT, OK
from reports.assembling import report_of
from reports.verdict import Outcome
from tests.end_to_end.running import FAKE_SERVICE, LOCUST

SCENARIO = """
name: exhausted
baseline: 150/s
arrivals: constant
seed: 3
target: {timeout: 2s, connections: 120}
workload: {queries: {distinct: 50}}
stages: [{name: 1x, multiplier: 1, duration: 3s}]
validity: {lateness_p99: 500ms, generator_cpu: 1.0, littles_law_gap: 0.9, missing_seconds: 0.9}
objectives: [{indicator: errors, criteria: [rate<1%]}]
"""
DELAY_MS = 500  # at 150/s some 75 requests are under way at once, each with a connection of its own
PORTS = 40

IN_A_NETWORK_OF_ITS_OWN = f"""
ip link set lo up
echo "50000 {50000 + PORTS - 1}" > /proc/sys/net/ipv4/ip_local_port_range
"$1" "$2" 8080 {DELAY_MS} &
service=$!
until "$1" -c 'import socket; socket.create_connection(("127.0.0.1", 8080)).close()' 2>/dev/null; do :; done
shift 2
"$@"
code=$?
kill $service
exit $code
"""


def judged(folder: Path, outcome: str, advice: str) -> None:
    """Some were answered, some found no room here; nobody is blamed for it, and the page says what to raise."""
    run = read_run((folder / "runs" / "latest").resolve())
    outcomes = run.trials[0].timeline.outcomes
    assert outcomes[OK] > 0
    assert outcomes[outcome] > 0
    report = report_of(run)
    assert (report.outcome, report.exit_code) == (Outcome.INVALID, 4)
    assert advice in " ".join(report.soundness.lines)


def test_a_process_without_descriptors_is_told(fake_service, tmp_path: Path) -> None:
    """The kernel's limit on open files for the generator alone: `no_file`, INVALID, and the way out."""
    (tmp_path / "exhausted.yaml").write_text(SCENARIO)
    words = ["--headless", "--only-summary", "--host", fake_service(DELAY_MS).url, "--scenario", "exhausted.yaml"]
    command = ["prlimit", "--nofile=70:70", *LOCUST, *words, "--exit-code-on-error", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    judged(tmp_path, NO_FILE, "ulimit -n")


@pytest.fixture
def alone() -> list[str]:
    """Words that run a command in a network of its own, as root or as a user that may map itself to root."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        tried = subprocess.run([*words, "ip", "link", "set", "lo", "up"], capture_output=True, timeout=20, check=False)
        if tried.returncode == 0:
            return words
    raise AssertionError("neither root nor user namespaces: run this test where one of them is allowed")


def test_a_machine_without_ports_is_told(alone: list[str], tmp_path: Path) -> None:
    """A network with forty ports for outgoing connections: `no_port`, INVALID, and the way out."""
    (tmp_path / "exhausted.yaml").write_text(SCENARIO)
    words = ["--headless", "--only-summary", "--host", "http://127.0.0.1:8080", "--scenario", "exhausted.yaml"]
    script = ["sh", "-c", IN_A_NETWORK_OF_ITS_OWN, "sh", sys.executable, str(FAKE_SERVICE)]
    command = [*alone, *script, *LOCUST, *words, "--exit-code-on-error", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    judged(tmp_path, NO_PORT, "ip_local_port_range")
