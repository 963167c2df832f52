"""The bundled service on one core, load from another by wrk: each profile and path in turn, with their ratios.

Needs the Debian package `wrk`; says so when it is missing. Nothing is judged here: the figures are for reading.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from loadtests.services import search_service
from loadtests.services.processors import split
from scenarios.scenario import Variant

ROUNDS = 3
SECONDS = 3
PATHS = {
    "optimized, repeated query": ("optimized", "use", 1),
    "optimized, every query new": ("optimized", "bypass", 2000),
    "naive, every query new": ("naive", "bypass", 2000),
}
SCRIPT = """
local n = 0
request = function()
  n = n + 1
  local body = '{{"query":"parse the date number ' .. (n % {distinct}) .. ' from a string","cache":"{cache}"}}'
  return wrk.format("POST", "/api/search", {{["Content-Type"] = "application/json"}}, body)
end
"""


def measure() -> None:
    """Run the rounds and print the table."""
    if shutil.which("wrk") is None:
        print("wrk is not installed (apt-get install wrk): the service was not measured")  # noqa: T201
        return
    found: dict[str, list[float]] = {name: [] for name in PATHS}
    for _ in range(ROUNDS):
        for name, (profile, cache, distinct) in PATHS.items():
            found[name].append(_rate(profile, cache, distinct))
    slowest = statistics.median(found["naive, every query new"])
    for name, rates in found.items():
        median = statistics.median(rates)
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(f"{name:30} {median:10,.0f}/s   ({spread})   {median / slowest:6.1f}x naive")  # noqa: T201


def _rate(profile: str, cache: str, distinct: int) -> float:
    processors = split()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        script = folder / "search.lua"
        script.write_text(SCRIPT.format(distinct=distinct, cache=cache), encoding="utf-8")
        service = search_service.start(
            Variant(profile, profile, {"corpus": "installed"}), folder, folder / "service.log", processors.target
        )
        with service.child:
            search_service.wait_until_ready(service)
            command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-s", str(script), service.url]
            pinned = ["taskset", "-c", str(processors.generator[0]), *command] if processors.generator else command
            said = subprocess.run(pinned, capture_output=True, text=True, timeout=60, check=True).stdout
    match = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(match[1]) if match else float("nan")
