"""Progress bar: how far the preparation is, for people who look at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from target_stub.preparation import Step


@contextmanager
def progress_bar() -> Iterator[Callable[[Step, int, int], None]]:
    """Yield what draws progress on the standard error; it draws nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _step, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bar:
        shown = (step for step in Step if step is not Step.EMBEDDER)
        tasks: dict[Step, TaskID] = {step: bar.add_task(step.value, total=None) for step in shown}
        yield lambda step, done, total: bar.update(tasks[step], completed=done, total=total)
