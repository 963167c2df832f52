"""Real processes for the tests of promises about real processes; each is ended by the test that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.run import Run, read_run
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.running import FAKE_SERVICE, LOCUST

SCENARIO = """
name: short
baseline: 60/s
seed: 11
arrivals: poisson
target: {timeout: 1s, connections: 32}
workload: {queries: {distinct: 200}}
stages:
  - {name: warm-up, multiplier: 1, duration: 1s, kind: warmup}
  - {name: 1x, multiplier: 1, duration: 2s}
  - {name: 2x, multiplier: 2, duration: 2s}
objectives:
  - {indicator: errors, criteria: [rate<1%]}
"""


@dataclass(frozen=True)
class FakeService:
    child: Child
    url: str


@pytest.fixture
def fake_service(tmp_path: Path) -> Iterator[Callable[..., FakeService]]:
    """Start stand-in services, each with its fixed delay in ms."""
    children: list[Child] = []

    def start(delay_ms: float = 2) -> FakeService:
        port = free_port()
        command = [sys.executable, str(FAKE_SERVICE), str(port), str(delay_ms)]
        child = Child("the stand-in service", command, tmp_path / f"fake-{port}.log")
        children.append(child)
        url = f"http://{LOOPBACK}:{port}"
        wait_for(child, "an answer", lambda: answers(url + "/healthz"), 30)
        return FakeService(child, url)

    yield start
    for child in children:
        child.stop()


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    """A scenario of five seconds."""
    path = tmp_path / "short.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def locust(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Locust by hand, as the README shows it, in an empty folder."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*LOCUST, "--headless", "--only-summary", *words]
        environ = {**os.environ, "PYTHONWARNINGS": "default"}
        return subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=90, check=False
        )

    return run


@pytest.fixture
def only_run(tmp_path: Path) -> Callable[[], Run]:
    """Read the run that Locust left below `runs/`."""
    return lambda: read_run((tmp_path / "runs" / "latest").resolve())
