"""The capacity search against simulated M/M/8 queues of known capacity: bias, error, coverage."""

from __future__ import annotations

import math
import statistics

from loadtests.capacity.search import Kind, Plan, Search
from tests.loadtests.capacity.queueing import Queue, true_capacity

SEARCHES = 40
SERVICE_PER_S, SERVERS, LIMIT_S = 50.0, 8, 0.080
WORLDS = {
    "quiet": {},
    "run sd 2 %": {"speed_sd": 0.02},
    "run sd 2 %, 10 % disturbed": {"speed_sd": 0.02, "disturbed": 0.1},
    "run sd 5 %": {"speed_sd": 0.05},
}


def measure() -> None:
    """Print the table."""
    truth = true_capacity(LIMIT_S, 0.95, SERVICE_PER_S, SERVERS)
    print(f"M/M/{SERVERS}, {SERVICE_PER_S:g}/s a server, p(95)<{LIMIT_S * 1000:g}ms: true capacity {truth:.1f}/s")  # noqa: T201
    print("| world | bias | RMSE | 90 % interval right | width | probes |\n|---|---|---|---|---|---|")  # noqa: T201
    for name, world in WORLDS.items():
        found = [_search(seed, world) for seed in range(SEARCHES)]
        errors = [its.value_per_s / truth - 1 for its in found]
        rmse = math.sqrt(statistics.mean(error**2 for error in errors))
        covered = statistics.mean(its.low_per_s <= truth <= its.high_per_s for its in found)
        width = statistics.median(its.high_per_s / its.low_per_s - 1 for its in found)
        probes = statistics.median(len(its.probes) for its in found)
        assert all(its.kind is Kind.MEASURED for its in found)
        print(  # noqa: T201
            f"| {name} | {statistics.mean(errors):+.1%} | {rmse:.1%} | {covered:.0%} | {width:.0%} | {probes:g} |"
        )


def _search(seed: int, world: dict[str, float]):
    queue = Queue(SERVICE_PER_S, SERVERS, LIMIT_S, seed=seed, **world)
    return Search(Plan(first_per_s=60, seed=seed), queue.probe).run()
