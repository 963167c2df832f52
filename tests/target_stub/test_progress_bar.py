"""The progress bar: for terminals, and for nothing else."""

from __future__ import annotations

import io
import sys

import pytest

from target_stub.preparation import Step
from target_stub.progress_bar import progress_bar


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn while preparing, and gone afterwards."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar() as draw:
        draw(Step.CORPUS, 577, 577)
        draw(Step.VECTORS, 32, 3958)
    drawn = terminal.getvalue()
    for step in ("corpus", "vectors", "index"):
        assert step in drawn


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """A file is no place for a moving bar, but who reads it should see that something moves: every five seconds."""
    now_s = 100.0
    with caplog.at_level("INFO"), progress_bar(lambda: now_s) as draw:
        for done in range(12):
            now_s = 100.0 + done
            draw(Step.VECTORS, done, 12)
    assert caplog.messages == [f"preparing vectors: {done} of 12" for done in (0, 5, 10)]
    assert capsys.readouterr().err == ""
