"""Cluster: a master with its page and three workers, each a process of its own; what a test ends is started again."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import chdir
from pathlib import Path

import requests

from loadtests.lines import read_lines
from loadtests.run import SECONDS_FILE, Run, read_run
from loadtests.services.child import Child
from loadtests.services.ports import free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.network import Network
from tests.end_to_end.running import FAKE_SERVICE, LOCUST, complete_runs

WORKERS = 3


class Cluster:
    """Everything below one folder."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder, self.network = folder, network
        self._port, self._page = free_port(), free_port()
        self.page = f"http://{network.address}:{self._page}"
        port = free_port()
        self.url = f"http://{network.address}:{port}"
        command = [sys.executable, str(FAKE_SERVICE), str(port), "2", network.address]
        self.service = Child("the stand-in service", command, folder / "service.log")
        wait_for(self.service, "an answer", lambda: answers(self.url + "/healthz"), 30)
        self.master: Child | None = None
        self.workers: dict[int, Child] = {}

    def complete(self) -> None:
        """Start what is missing, and wait until all workers are connected."""
        with chdir(self.folder):
            if self.master is None or self.master.exit_code is not None:
                command = [*LOCUST, "--master", "--master-bind-host", self.network.address]
                command += ["--master-bind-port", str(self._port), "--web-host", self.network.address]
                command += ["--web-port", str(self._page), "--host", self.url, "--exit-code-on-error", "0"]
                self.master = Child("the master", command, self.folder / "master.log")
            for number in range(WORKERS):
                if number not in self.workers or self.workers[number].exit_code is not None:
                    command = [*self.network.inside(number), *LOCUST, "--worker"]
                    command += ["--master-host", self.network.address, "--master-port", str(self._port)]
                    self.workers[number] = Child("a worker", command, self.folder / f"worker-{number}.log")
        wait_for(self.master, "all workers", lambda: self.connected() == WORKERS or None, 90)

    def connected(self) -> int:
        """How many workers the master says are there."""
        try:
            return int(requests.get(f"{self.page}/worker-count", timeout=5).json()["worker_count"])
        except (requests.RequestException, ValueError, KeyError):
            return 0

    def begin(self, scenario: str, **form: str) -> None:
        """Press Start in the page, with a scenario and further options."""
        path = self.folder / "spread.yaml"
        path.write_text(scenario)
        self._before = len(self._runs())
        asked = {"scenario": str(path), "on_worker_loss": "invalid", **form}
        assert requests.post(f"{self.page}/swarm", data=asked, timeout=10).json()["success"]

    def reported(self, seconds: int) -> None:
        """Wait until every worker has reported that many seconds."""

        def enough() -> bool | None:
            if len(self._runs()) == self._before:
                return None
            rows = read_lines(self._runs()[-1] / SECONDS_FILE, [])
            counted = Counter(row["worker"] for row in rows if row["kind"] == "health")
            return (len(counted) == WORKERS and min(counted.values()) >= seconds) or None

        assert self.master is not None
        wait_for(self.master, "the first seconds", enough, 60)

    def finished(self) -> Run:
        """Wait for the end of the run, and read it."""
        assert self.master is not None
        wait_for(self.master, "the end", lambda: complete_runs(self.folder, self._before + 1), 60)
        return self.run()

    def run(self) -> Run:
        """Read the latest run."""
        return read_run(self._runs()[-1])

    def searches(self) -> int:
        """What the target itself has counted until now."""
        text = requests.get(self.url + "/metrics", timeout=5).text
        return int(next(line for line in text.splitlines() if "_count{" in line).rpartition(" ")[2])

    def stop(self) -> None:
        """End everything that still runs."""
        for child in (*self.workers.values(), *([self.master] if self.master else []), self.service):
            child.stop()

    def _runs(self) -> list[Path]:
        return sorted(path for path in (self.folder / "runs").glob("2*") if (path / "run.json").exists())
