"""The cases of the self-test: a whole service, one fault after the other, and two generators that cannot speak.

Each fault is as large as it takes to break the promise that names it by a wide margin, and small enough to leave the
others alone: the gate must not only turn red, but say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from loadtests.self_test.case import Case, Expected
from scenarios.errors import HarnessError

WHOLE = Case("whole", "nothing", Expected.PASS)
WHOLE_AGAIN = Case("whole-again", "nothing, once more at the end", Expected.PASS)


def _fault(name: str, about: str, promise: str, **faults: Any) -> Case:
    return Case(name, about, Expected.FAIL, promise, faults)


BROKEN = (
    _fault("latency", "60 ms on every request", "latency p50", latency={"fixed_ms": 60}),
    _fault("tail", "250 ms on one request in ten", "latency p95", latency={"tail_share": 0.1, "tail_ms": 250}),
    _fault("embed", "40 ms in the stage embed", "embedding value", latency={"stages_ms": {"embed": 40}}),
    _fault("ann", "40 ms in the stage ann", "nearest value", latency={"stages_ms": {"ann": 40}}),
    _fault("errors", "3 % of the requests answered with 503", "errors rate", errors={"ratio": 0.03}),
    _fault("hang", "3 % of the requests never answered", "errors rate", hang={"ratio": 0.03}),
    # a timer of the loop meets nearly every freeze, and one request in six waits for half of one
    _fault("freeze", "the process stands still for 85 ms, twice a second", "loop_lag value",
           freeze={"freeze_ms": 85, "every_s": 0.5}),
    _fault("leak", "200 kB of memory kept by each request", "memory_growth value",
           leak={"bytes_per_request": 200_000, "max_bytes": 500_000_000}),
    _fault("cpu", "3 ms of CPU burnt by each request", "cpu value", cpu={"burn_ms": 3}),
    _fault("recall", "three results in ten lost", "recall@10 avg", recall={"loss": 0.3}),
    _fault("cache-off", "the cache passed by", "cache_hits value", cache_off=True),
    Case("l2", "150 ms on every call to the shared cache", Expected.FAIL, "l2_troubles value",
         {"l2": {"latency_ms": 150}}, {"cache": "l1+l2"}, needs_redis=True),
)  # fmt: skip
"""One case for each fault of docs/faults.md, but for `upstream`: that takes a language model server."""

UNSOUND = (
    Case("generator", "the generator, by a rate beyond any", Expected.INVALID, factor=300, measure_s=2),
    Case("too-few", "the load: one second, too short for a p95", Expected.INVALID, measure_s=1),
)
"""What must never be taken for a PASS, nor for a FAIL: measurements that support neither."""


def chosen(names: Sequence[str], *, redis: bool) -> tuple[Case, ...]:
    """Return the cases to run: a whole service first, then those named, all without a name, then the whole one again.

    Without a server for it, the shared cache is left out, unless it was asked for by name.

    Raises:
        HarnessError: when there is no such case, or it cannot be run here.
    """
    by_name = {its.name: its for its in (*BROKEN, *UNSOUND)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise HarnessError(f"there is no fault {unknown[0]!r}", hint=f"known: {', '.join(by_name)}")
    wanted: Iterable[Case] = [by_name[name] for name in dict.fromkeys(names)] if names else by_name.values()
    lacking = [its.name for its in wanted if its.needs_redis and not redis]
    if names and lacking:
        raise HarnessError(f"the fault {lacking[0]} needs a Redis server", hint="apt-get install redis-server")
    cases = tuple(its for its in wanted if its.name not in lacking)
    return (WHOLE, *cases, *(() if names else (WHOLE_AGAIN,)))
