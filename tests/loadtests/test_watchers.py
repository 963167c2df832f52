"""How a run's progress is shown: plain lines for pipes, a bar on a terminal."""

from __future__ import annotations

import io

from loadtests.schedule import PlannedTrial
from loadtests.watcher import Glimpse
from loadtests.watchers import make_watcher
from loadtests.watchers.bars import BarsWatcher
from loadtests.watchers.lines import LinesWatcher
from scenarios.scenario import Variant

TRIAL = PlannedTrial(2, 1, Variant("after"), 7)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def glimpse(t, stage, failed=0):
    return Glimpse(t, 10.0, stage, offered=100, answered=100 - failed, failed=failed, p95_s=0.012)


def test_a_pipe_gets_a_line_for_each_stage():
    """The last second of a stage stands for it; failures are told; nothing is said twice."""
    stream = io.StringIO()
    watcher = LinesWatcher(stream)
    watcher.step("starting Prometheus")
    watcher.step("starting Prometheus")
    watcher.trial(TRIAL, 6)
    for second in (glimpse(0, "1x"), glimpse(1, "1x"), glimpse(2, "10x", failed=40)):
        watcher.second(second)
    watcher.note("no server-side numbers")
    watcher.close()
    assert stream.getvalue().splitlines() == [
        "starting Prometheus",
        "trial 2/6 after 1x: 100/s offered, 100/s answered, p95 12 ms",
        "note: no server-side numbers",
        "trial 2/6 after 10x: 100/s offered, 60/s answered, 40/s failed, p95 12 ms",
    ]


def test_a_pipe_gets_progress_in_quarters():
    """A hundred reports of progress are five lines."""
    stream = io.StringIO()
    watcher = LinesWatcher(stream)
    for done in range(101):
        watcher.progress("embedding the documents", done, 100)
    assert stream.getvalue().splitlines() == [
        f"embedding the documents: {percent} % of 100" for percent in (0, 25, 50, 75, 100)
    ]


def test_a_terminal_gets_a_bar(monkeypatch):
    """The trial, the stage, rates and p95 are on the screen, and the bar is gone at the end."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    watcher = make_watcher(stream)
    assert isinstance(watcher, BarsWatcher)
    watcher.progress("embedding the documents", 5, 10)
    watcher.trial(TRIAL, 6)
    watcher.second(glimpse(3, "10x", failed=40))
    watcher.note("a note with [brackets]")
    watcher.close()
    shown = stream.getvalue()
    for words in ("trial 2/6 after", "10x", "40/s failed", "12 ms", "a note with [brackets]"):
        assert words in shown


def test_what_is_no_terminal_gets_lines():
    """CI logs are not a place for bars."""
    assert isinstance(make_watcher(io.StringIO()), LinesWatcher)
