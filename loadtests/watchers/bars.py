"""BarsWatcher: one bar for the whole run and one line for the second that just passed, on a terminal."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from loadtests.schedule import PlannedTrial
from loadtests.watcher import Glimpse

BAR_WIDTH = 10  # leaves room for a trial's name and rates on a terminal of 80 columns


class BarsWatcher:
    """Draws with rich; honours NO_COLOR."""

    def __init__(self, stream: TextIO) -> None:
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=BAR_WIDTH),
            TextColumn("{task.fields[detail]}"),
            console=Console(file=stream),
            transient=True,
        )
        self._task: TaskID | None = None
        self._title = ""
        self._progress.start()

    def step(self, text: str) -> None:
        """Show the step, without an end in sight."""
        self._show(text, None, 0, "")

    def progress(self, text: str, done: int, total: int) -> None:
        """Show how far the step has come."""
        self._show(text, total or None, done, f"{done} of {total}" if total else "")

    def trial(self, planned: PlannedTrial, total: int) -> None:
        """Name the trial on the bar."""
        self._title = f"trial {planned.index}/{total} {planned.variant.name}"
        self._show(self._title, None, 0, "")

    def second(self, glimpse: Glimpse) -> None:
        """Move the bar, and show what the last second brought."""
        failed = f", [red]{glimpse.failed}/s failed[/]" if glimpse.failed else ""
        rates = f"{glimpse.offered}/s offered, {glimpse.answered}/s ok"
        detail = f"{escape(glimpse.stage)} {rates}, p95 {glimpse.p95_s * 1000:.0f} ms{failed}"
        self._show(self._title, glimpse.duration_s, min(glimpse.t + 1, glimpse.duration_s), detail)

    def note(self, text: str) -> None:
        """Print the note above the bar."""
        self._progress.console.print(f"[yellow]note[/] {escape(text)}", highlight=False)

    def close(self) -> None:
        """Remove the bar."""
        self._progress.stop()

    def _show(self, text: str, total: float | None, done: float, detail: str) -> None:
        if self._task is not None and self._progress.tasks[0].description != text:
            self._progress.remove_task(self._task)
            self._task = None
        if self._task is None:
            self._task = self._progress.add_task(text, total=total, detail=detail)
        self._progress.update(self._task, total=total, completed=done, detail=detail)
