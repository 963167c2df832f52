"""The generator on one core against a null server on another: how much it offers on time, beside Locust's own client.

Rounds are interleaved; medians are printed. Nothing is judged here: the figures are for reading.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from loadtests.histogram import merged
from loadtests.run import read_run
from loadtests.services import null_server
from loadtests.services.child import Child, Priority, leashed
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.processors import split
from loadtests.services.waiting import answers, wait_for

HERE = Path(__file__).parent
LOCUSTFILE = HERE.parents[1] / "loadtests" / "locustfile.py"
RATES_PER_S = (1000, 2000, 4000, 8000)
ROUNDS = 3
STAGE_S = 4


def measure() -> None:
    """Run the rounds and print the table."""
    processors = split()
    rows: dict[str, list[tuple[float, ...]]] = {}
    with _null_server(processors.target) as url:
        for _ in range(ROUNDS):
            for rate in RATES_PER_S:
                rows.setdefault(f"ours, open loop, {rate}/s offered", []).append(_ours(url, rate, processors.generator))
            rows.setdefault("FastHttpUser, closed loop, 20 users", []).append(
                (_closed(url, processors.generator), float("nan"), float("nan"), float("nan"), float("nan"))
            )
    names = ("answered/s", "latency p50 ms", "lateness p50 ms", "lateness p99 ms", "core")
    print(f"{'generator':42}" + "".join(f"{name:>17}" for name in names))  # noqa: T201
    for name, rounds in rows.items():
        medians = [statistics.median(values) for values in zip(*rounds, strict=True)]
        print(f"{name:42}" + "".join(f"{value:17.3f}" for value in medians))  # noqa: T201


@contextmanager
def _null_server(cpus: tuple[int, ...]) -> Iterator[str]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "null.log"
        command = [sys.executable, null_server.__file__, str(port)]
        with Child("the null server", command, log, cpus=cpus, priority=Priority.HIGH) as child:
            wait_for(child, "an answer", lambda: answers(url + "/healthz"), 20)
            yield url


def _ours(url: str, rate: int, cpus: tuple[int, ...]) -> tuple[float, ...]:
    scenario = (
        f"name: bench\nbaseline: {rate}/s\ntarget: {{connections: 64}}\nworkload: {{queries: {{distinct: 500}}}}\n"
        f"stages:\n  - {{name: w, multiplier: 1, duration: 1s, kind: warmup}}\n"
        f"  - {{name: 1x, multiplier: 1, duration: {STAGE_S}s}}\n"
    )
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("bench.yaml").write_text(scenario, encoding="utf-8")
        words = ["--headless", "--only-summary", "--host", url, "--scenario", "bench.yaml"]
        _locust(LOCUSTFILE, words, cpus)
        trial = read_run(Path("runs/latest").resolve()).trials[0]
    stage = trial.timeline.stage("1x")
    health = [its for its in trial.timeline.health if 1 <= its.t < 1 + STAGE_S]
    late = merged(its.lateness for its in health)
    return (
        stage.outcomes["ok"] / STAGE_S,
        stage.ok["latency"].quantile(0.5) * 1e3,
        late.quantile(0.5) * 1e3,
        late.quantile(0.99) * 1e3,
        statistics.mean(its.cpu_share for its in health),
    )


def _closed(url: str, cpus: tuple[int, ...]) -> float:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        words = ["--headless", "--only-summary", "--host", url, "-u", "20", "-r", "20", "-t", f"{STAGE_S}s"]
        _locust(HERE / "fast_http_user.py", [*words, "--csv", "own"], cpus)
        with Path("own_stats.csv").open(encoding="utf-8") as table:
            return next(float(row["Requests/s"]) for row in csv.DictReader(table) if row["Name"] == "Aggregated")


def _locust(file: Path, words: list[str], cpus: tuple[int, ...]) -> None:
    command = [sys.executable, "-m", "locust", "-f", str(file), *words]
    subprocess.run(leashed(command, cpus, Priority.REALTIME), capture_output=True, timeout=120, check=True)
