"""What each tool says about servers whose answers follow a timetable, beside the truth; writes docs/accuracy.md.

The truth is what users feel who come by the plan, whatever the server does: computed from the plan alone. Every tool
meets a server of its own, one tool after another.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loadtests import facts
from loadtests.services.child import Child, Priority
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.processors import split
from loadtests.services.waiting import answers, wait_for
from scenarios.arrivals import plan
from scenarios.reading import parse_scenario
from tests.benchmarks import ours, rivals
from tests.benchmarks.reading import Reading
from tests.benchmarks.timetable import Timetable, quantile, timetables

SHARES = (0.5, 0.95, 0.99, 0.999)
RATE = 100
CONNECTIONS = 1000
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
SERVER = Path(__file__).parent / "timetable_server.py"


def measure(arguments: Sequence[str] = ()) -> None:
    """Run every tool against every timetable and write the page."""
    parser = argparse.ArgumentParser(prog="bench-accuracy", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="15 s for each instead of 60 s; some 6 minutes in all")
    parser.add_argument("--only", default="", help="timetables whose name holds this word; nothing is written then")
    given = parser.parse_args(arguments)
    seconds, cpus = 15 if given.quick else 60, split()
    tools = _tools(seconds, cpus.generator)
    blocks = []
    for name, timetable in timetables(seconds).items():
        if given.only not in name:
            continue
        readings = {}
        for tool, run in tools.items():
            with _server(name, seconds, cpus.target) as url:
                readings[tool] = run(url)
            print(f"  {name}: {tool} done", file=sys.stderr)  # noqa: T201
        blocks.append(_block(name, _truth(timetable, seconds), readings))
        print(blocks[-1])  # noqa: T201
    if not given.only:
        PAGE.write_text(_page(blocks, seconds), encoding="utf-8")
        print(f"written: {PAGE}")  # noqa: T201


def _tools(seconds: int, cpus: tuple[int, ...]) -> dict[str, Callable[[str], Reading]]:
    tools: dict[str, Callable[[str], Reading]] = {
        "Tenfold, open loop": lambda url: ours.offer(
            url, RATE, seconds, cpus, connections=CONNECTIONS, timeout_s=30, warm_s=0, quantiles=SHARES
        )
    }
    if rivals.k6():
        tools["k6 constant-arrival-rate"] = lambda url: rivals.k6_open(url, RATE, seconds, cpus, SHARES)
    tools["Locust FastHttpUser, 10 users"] = lambda url: rivals.locust_closed(url, "Fast", seconds, cpus, 10, SHARES)
    if "wrk" not in rivals.missing():
        tools["wrk, 10 connections"] = lambda url: rivals.wrk(url, seconds, cpus, 10, SHARES)
    return tools


def _truth(timetable: Timetable, seconds: int) -> tuple[float, ...]:
    text = ours.scenario_text(RATE, seconds, CONNECTIONS, 30, "poisson", 0)
    scenario = parse_scenario(text, "bench.yaml")
    due_s = [its.due_s for its in plan(scenario.windows, scenario.law, scenario.workload, scenario.seed)]
    waits_s = timetable.waits_s(due_s)
    return tuple(quantile(waits_s, share) for share in SHARES)


@contextmanager
def _server(name: str, seconds: int, cpus: tuple[int, ...]) -> Iterator[str]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(SERVER), str(port), str(seconds), name]
        log = Path(folder) / "server.log"
        with Child("the server", command, log, cpus=cpus, priority=Priority.HIGH) as child:
            wait_for(child, "an answer", lambda: answers(url + "/healthz"), 30)
            yield url


def _block(name: str, truth: Sequence[float], readings: dict[str, Reading]) -> str:
    lines = [f"### {name}", "", "| | p50 | p95 | p99 | p99.9 | largest error |", "|---|---|---|---|---|---|"]
    lines.append(f"| **truth** | {' | '.join(_ms(its) for its in truth)} | |")
    for tool, reading in readings.items():
        errors = [_error(its, true) for its, true in zip(reading.quantiles_s, truth, strict=True)]
        worst = max(errors, key=abs)
        shown = "wrong by any measure" if math.isinf(worst) else f"{worst:+.1%}"
        lines.append(f"| {tool} | {' | '.join(_ms(its) for its in reading.quantiles_s)} | {shown} |")
    return "\n".join(lines) + "\n"


def _error(said_s: float, true_s: float) -> float:
    if math.isinf(true_s) or math.isinf(said_s):
        return 0.0 if said_s == true_s else math.inf
    return said_s / true_s - 1


def _ms(value_s: float) -> str:
    return "failed" if math.isinf(value_s) else f"{value_s * 1e3:,.2f} ms"


def _page(blocks: Sequence[str], seconds: int) -> str:
    machine, versions = facts.machine(), facts.versions() | rivals.versions()
    tools = ", ".join(f"{name} {versions[name]}" for name in ("locust", "gevent", "k6", "wrk") if name in versions)
    return f"""# How true each tool's numbers are

Written by `make bench-accuracy`. A server answers by a timetable; what users wait who come by a plan of {RATE} Poisson
arrivals a second for {seconds} s is computed from the plan and the timetable alone
(`tests/benchmarks/timetable.py`), and each tool's own report is put beside it. "failed" means that the percentile falls
among requests that were never answered. Open loops offer that rate; closed loops (Locust's users, wrk) send as they
always do, and what they leave out while the server does not answer is called coordinated omission (wrk adds an estimate
of it to what it measured).

{machine["cpu"]}, {machine["cores"]} cores, kernel {machine["kernel"]}, Python {machine["python"]}; {tools}. The error
holds the round trip over loopback and the tool's own share, which the truth does not.

""" + "\n".join(blocks)


if __name__ == "__main__":
    measure(sys.argv[1:])
