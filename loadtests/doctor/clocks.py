"""The clocks: how finely time can be told, and how late a timer wakes a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from loadtests.doctor.symptom import Grade, Symptom, graded

NAPS = 300
NAP_S = 0.001
LATE_S = 0.001  # an ordinary process; the generator spins or takes a real-time priority to do better
TOO_LATE_S = 0.005  # of the runs' own limit on start lateness
COARSE_S = 1e-6


def examine() -> Iterator[Symptom]:
    """Yield what was found; takes half a second."""
    yield _resolution()
    yield lateness_of(late_naps())


def _resolution() -> Symptom:
    step_s = min(_step_s() for _ in range(20))
    found = f"the clock tells steps of {step_s * 1e9:.0f} ns"
    return graded("clock", step_s <= COARSE_S, found, "use a machine whose clock source is the processor's own (tsc)")


def _step_s() -> float:
    before = after = time.perf_counter()
    while after == before:
        after = time.perf_counter()
    return after - before


def late_naps(sleep: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.perf_counter) -> list[float]:
    """Return by how many seconds each of many short sleeps ended late, ascending."""
    late = []
    for _ in range(NAPS):
        began = now()
        sleep(NAP_S)
        late.append(now() - began - NAP_S)
    return sorted(late)


def lateness_of(late_s: list[float]) -> Symptom:
    """Return what the lateness of timers means for a run."""
    half, most = late_s[len(late_s) // 2], late_s[int(len(late_s) * 0.99)]
    found = f"a sleep of 1 ms ends {half * 1e6:.0f} µs late (median), {most * 1e3:.2f} ms (p99)"
    if most > TOO_LATE_S:
        advice = "something else takes the processor: end it, pin it elsewhere, or give the generator a processor alone"
        return Symptom("timers", Grade.BAD, found, advice)
    return graded("timers", most <= LATE_S, found, "latencies below a few milliseconds will read rough")
