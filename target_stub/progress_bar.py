"""Progress bar: how far the preparation is, for people who look at a terminal; a line now and then for a log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from target_stub.preparation import Step

LOG_PERIOD_S = 5.0
Draw = Callable[[Step, int, int], None]
log = logging.getLogger(__name__)


@contextmanager
def progress_bar(clock: Callable[[], float] = monotonic) -> Iterator[Draw]:
    """Yield what draws bars on the standard error, or where that is no terminal, logs a line every few seconds."""
    if not sys.stderr.isatty():
        yield _logging(clock)
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bar:
        shown = (step for step in Step if step not in (Step.EMBEDDER, Step.DOCUMENTS))
        tasks: dict[Step, TaskID] = {step: bar.add_task(step.value, total=None) for step in shown}
        yield lambda step, done, total: bar.update(tasks[step], completed=done, total=total)


def _logging(clock: Callable[[], float]) -> Draw:
    next_s = clock()

    def draw(step: Step, done: int, total: int) -> None:
        nonlocal next_s
        if clock() >= next_s:
            next_s = clock() + LOG_PERIOD_S
            log.info("preparing %s: %d of %d", step.value, done, total)

    return draw
