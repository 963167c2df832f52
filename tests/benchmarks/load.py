"""Load: a closed loop of connections against one address, by wrk, or without it by a small client of our own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
CLIENT = Path(__file__).with_name("loopback_client.py")
SCRIPT = """
local n = {seed}
request = function()
  n = n + 1
  local body = '{{"query":"parse the date number ' .. (n % {distinct}) .. ' from a string"{more}}}'
  return wrk.format("POST", "/api/search", {{["Content-Type"] = "application/json"}}, body)
end
"""
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a path by GET, or searches over this many queries, past the cache or not."""

    path: str = ""
    distinct: int = 1
    bypass: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """Requests per second, the 95th and 99th percentile in ms, and how many were not answered with 2xx."""

    rate_per_s: float
    p95_ms: float
    p99_ms: float
    failed: int


def press(
    url: str, asked: Asked, seconds: float, cpus: tuple[int, ...] = (), connections: int = CONNECTIONS
) -> Answered:
    """Ask as fast as answers come, on these processors."""
    pinned = ["taskset", "-c", ",".join(map(str, cpus))] if cpus else []
    if shutil.which("wrk") is None:
        more = [asked.path or "/api/search", str(asked.distinct), str(int(asked.bypass))]
        command = [*pinned, sys.executable, str(CLIENT), url, str(connections), str(seconds), *more]
        said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout.split()
        return Answered(float(said[0]), float(said[1]), float(said[2]), int(said[3]))
    with tempfile.TemporaryDirectory() as folder:
        words = [f"{url}{asked.path}"]
        if not asked.path:
            script = Path(folder) / "search.lua"
            more = ',"cache":"bypass"' if asked.bypass else ""
            script.write_text(SCRIPT.format(distinct=asked.distinct, more=more, seed=0), encoding="utf-8")
            words = ["-s", str(script), url]
        command = [*pinned, "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", *words]
        said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = _percentile(said, "99%")
    p90 = _percentile(said, "90%")  # wrk tells no 95 %: between the two it tells, which is close enough to compare
    return Answered(float(rate[1]) if rate else 0.0, (p90 * p99) ** 0.5, p99, int(failed[1]) if failed else 0)


def _percentile(said: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s|m)\b", said)
    return float(found[1]) * SECONDS[found[2]] * 1e3 if found else float("nan")
