"""What a quiet user waits beside a noisy one: one queue for all against turns for each user, paired in one run.

Run as `python -m tests.benchmarks.fairness [PICTURE]`: prints the waits, and draws them if a file is named (10 s).
"""

from __future__ import annotations

import asyncio
import sys
import time

import matplotlib
import numpy as np
from matplotlib import pyplot

from target_stub.protection.allowance import Allowances, Limits
from target_stub.protection.concurrency import ConcurrencyLimit
from target_stub.protection.fair_queue import FairQueue

LASTING_S = 1.5
WORK_S = 0.005
AT_ONCE = 4
NOISY = (1, 8, 16, 32, 64, 128)  # clients of the noisy user, each asking again at once


async def waits_ms(noisy: int, *, fair: bool) -> np.ndarray:
    """Return what the requests of one quiet client waited, in milliseconds."""
    queue = FairQueue(ConcurrencyLimit(AT_ONCE, 0), 10_000, 60)
    until = time.perf_counter() + LASTING_S
    waited: list[float] = []

    async def client(user: str, note: list[float]) -> None:
        while time.perf_counter() < until:
            note.append(1e3 * await queue.enter(user if fair else "all", 1))
            await asyncio.sleep(WORK_S)
            queue.leave(WORK_S)

    await asyncio.gather(client("quiet", waited), *(client("noisy", []) for _ in range(noisy)))
    return np.array(waited)


def cost_us() -> tuple[float, float]:
    """Return what a decision and a free turn cost, in microseconds: the best of ten rounds."""
    allowances = Allowances(Limits(1e9, 100, 10**12), 10_000)
    users = [f"user {number % 500}" for number in range(10_000)]
    queue = FairQueue(ConcurrencyLimit(64, 0.1), 1000, 1)

    async def turns() -> None:
        for user in users:
            await queue.enter(user, 1)
            queue.leave(0.01)

    decisions, frees = [], []
    for _ in range(10):
        started = time.perf_counter()
        for user in users:
            allowances.take(user, started)
        decided = time.perf_counter()
        asyncio.run(turns())
        decisions.append(decided - started)
        frees.append(time.perf_counter() - decided)
    return min(decisions) / len(users) * 1e6, min(frees) / len(users) * 1e6


def main() -> None:
    """Measure, print and draw."""
    rows = []
    for noisy in NOISY:
        one, fair = (asyncio.run(waits_ms(noisy, fair=its)) for its in (False, True))
        rows.append((noisy, *np.percentile(one, [50, 95]), *np.percentile(fair, [50, 95])))
        texts = [f"{value:6.1f}" for value in rows[-1][1:]]
        print(f"noisy clients {noisy:3}: one queue p50, p95 {texts[0]}{texts[1]} ms; turns {texts[2]}{texts[3]} ms")  # noqa: T201
    decision, turn = cost_us()
    print(f"a limit's decision {decision:.2f} us, a free turn {turn:.2f} us")  # noqa: T201
    if len(sys.argv) > 1:
        draw(np.array(rows), sys.argv[1])


def draw(rows: np.ndarray, path: str) -> None:
    """Write the picture."""
    matplotlib.use("agg")
    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    axes.plot(rows[:, 0], rows[:, 2], "o--", color="#b3541e", label="one queue for all, p95")
    axes.plot(rows[:, 0], rows[:, 4], "o-", color="#1f6f8b", label="turns for each user, p95")
    axes.set(xlabel="clients of the noisy user", ylabel="the quiet user waits (ms)", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
