"""A real run at 5 000/s: the generator's memory second by second, and how the run folder grows."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

import psutil

from loadtests.run import SECONDS_FILE
from loadtests.services.child import Priority, leashed
from loadtests.services.processors import split
from tests.benchmarks import ours
from tests.benchmarks.generator import null

RATE = 5000
WARM_UP_S = 15
LOOK_S = 1.0
MEGABYTE = 2**20


def measure(arguments: Sequence[str] = ()) -> None:
    """Run it and print the growth."""
    parser = argparse.ArgumentParser(prog="bench-memory", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="length of the run (default: 600)")
    parser.add_argument("--rate", type=int, default=RATE, help=f"arrivals a second (default: {RATE})")
    given = parser.parse_args(arguments)
    cpus = split()
    with null(cpus.target) as url, tempfile.TemporaryDirectory() as folder, chdir(folder):
        text = ours.scenario_text(given.rate, given.seconds, 64, 2, "poisson", 0)
        Path("bench.yaml").write_text(text, encoding="utf-8")
        words = ["-m", "locust", "-f", str(ours.LOCUSTFILE), "--headless", "--only-summary", "--host", url]
        command = leashed([sys.executable, *words, "--scenario", "bench.yaml"], cpus.generator, Priority.HIGH)
        with Path("log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            seen = _watch(process)
        seconds = (Path("runs/latest").resolve() / SECONDS_FILE).stat().st_size
    settled = [megabytes for at_s, megabytes in seen if at_s > WARM_UP_S] or [seen[-1][1]]
    print(f"{given.rate}/s for {given.seconds} s: {given.rate * given.seconds:,} requests")  # noqa: T201
    print(f"memory: {settled[0]:.1f} MB after {WARM_UP_S} s, {max(settled):.1f} at most, {settled[-1]:.1f} at the end")  # noqa: T201
    print(f"growth {max(settled) - settled[0]:.1f} MB; seconds.jsonl {seconds / given.seconds:,.0f} bytes a second")  # noqa: T201


def _watch(process: subprocess.Popen[bytes]) -> list[tuple[float, float]]:
    """Return (seconds since the start, resident megabytes) until the process ends."""
    seen, begun_s, watched = [], time.monotonic(), psutil.Process(process.pid)
    while process.poll() is None:
        try:
            seen.append((time.monotonic() - begun_s, watched.memory_info().rss / MEGABYTE))
        except psutil.NoSuchProcess:
            break
        time.sleep(LOOK_S)
    process.wait()
    return seen


if __name__ == "__main__":
    measure(sys.argv[1:])
