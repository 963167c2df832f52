"""Our own driver for the benchmarks: Locust with our locustfile, everything recorded, on one core."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from loadtests.histogram import merged
from loadtests.run import read_run
from loadtests.services.child import Priority, leashed
from tests.benchmarks.reading import Reading

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
WARM_S = 1


def scenario_text(rate: int, seconds: float, connections: int, timeout_s: float, law: str, warm_s: float) -> str:
    """Return the scenario of a benchmark as YAML."""
    warm = f"  - {{name: w, multiplier: 1, duration: {warm_s}s, kind: warmup}}\n" if warm_s else ""
    return (
        f"name: bench\nbaseline: {rate}/s\narrivals: {law}\n"
        f"target: {{connections: {connections}, timeout: {timeout_s}s}}\nworkload: {{queries: {{distinct: 500}}}}\n"
        f"stages:\n{warm}  - {{name: 1x, multiplier: 1, duration: {seconds}s}}\n"
    )


def offer(
    url: str,
    rate: int,
    seconds: int,
    cpus: tuple[int, ...],
    *,
    connections: int = 64,
    timeout_s: float = 2,
    law: str = "poisson",
    warm_s: float = WARM_S,
    quantiles: Sequence[float] = (),
) -> Reading:
    """Offer a rate for some seconds, after a warm-up, and return what our run folder says of it."""
    scenario = scenario_text(rate, seconds, connections, timeout_s, law, warm_s)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("bench.yaml").write_text(scenario, encoding="utf-8")
        words = ["-f", str(LOCUSTFILE), "--headless", "--only-summary", "--host", url, "--scenario", "bench.yaml"]
        run_locust([*words, "--exit-code-on-error", "0"], cpus, seconds + 60)
        trial = read_run(Path("runs/latest").resolve()).trials[0]
    stage = trial.timeline.stage("1x")
    health = [its for its in trial.timeline.health if warm_s <= its.t < warm_s + seconds]
    latency = stage.ok["latency"]
    return Reading(
        rate_per_s=stage.outcomes["ok"] / seconds,
        p50_s=latency.quantile(0.5),
        p99_s=latency.quantile(0.99, infinite=stage.failures),
        sent_share=stage.sent / stage.planned if stage.planned else 0.0,
        lateness_p99_s=merged(its.lateness for its in health).quantile(0.99),
        own_cpu=statistics.mean(its.busy_share for its in health) if health else float("nan"),
        quantiles_s=tuple(latency.quantile(share, infinite=stage.failures) for share in quantiles),
    )


def run_locust(words: Sequence[str], cpus: tuple[int, ...], timeout_s: float) -> None:
    """Run Locust on the processors given."""
    command = leashed([sys.executable, "-m", "locust", *words], cpus, Priority.HIGH)
    subprocess.run(command, capture_output=True, timeout=timeout_s, check=True)
