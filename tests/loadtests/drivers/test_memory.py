"""An hour at 5 000/s through the real plan and the real recording, on a clock that is only simulated."""

from __future__ import annotations

import tracemalloc
from itertools import islice

import orjson

from loadtests.recorder import DONE_COLUMNS, DUE_COLUMNS, Recorder
from loadtests.tape import CAPACITY, Tape
from scenarios.arrivals import plan
from scenarios.reading import parse_scenario

SCENARIO = (
    "name: hour\nbaseline: 5000/s\nworkload: {operations: [{name: search, weight: 3}, {name: open}]}\n"
    "stages: [{name: 1x, multiplier: 1, duration: 3600s}]\n"
)
EACH_MINUTE = 2000
"""Of the 300 000 requests of each minute this many are counted in full, and the limit is as much tighter."""
MOST_BYTES = 10_000_000 * EACH_MINUTE / 300_000


def test_memory_does_not_grow_with_the_requests_of_an_hour():
    """Nor does what is written: a second takes as much room at the end of the hour as at its beginning."""
    scenario = parse_scenario(SCENARIO, "hour.yaml")
    operations = [its.name for its in scenario.workload.operations]
    recorder = Recorder(["1x"], operations)
    due, done = Tape(len(DUE_COLUMNS), recorder.plan), Tape(len(DONE_COLUMNS), recorder.count)
    arrivals = plan(scenario.windows, scenario.law, scenario.workload, seed=1)
    written, memory = [], []
    tracemalloc.start()
    try:
        for minute in range(60):
            for its in islice(arrivals, EACH_MINUTE):
                at_s = 60 * minute + its.due_s % 1
                due.write((its.operation, at_s, 1e-5))
                done.write((its.operation, at_s, 0, at_s, at_s + 0.003, at_s + 0.004 + its.query_rank / 1e6, 700))
                if len(done) >= CAPACITY:
                    due.hand_on()
                    done.hand_on()
            due.hand_on()
            done.hand_on()
            parts = recorder.drain()
            assert sum(part.finished for part in parts) == EACH_MINUTE
            written.append(sum(len(orjson.dumps(part.to_json())) for part in parts))
            recorder.drain_lateness()
            memory.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert memory[-1] - memory[5] < MOST_BYTES
    assert max(written) < 1.2 * min(written)
