"""Interruption: Ctrl-C once ends a run in order, with its report; Ctrl-C twice ends it now."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

EXIT_CODE = 130
_AT_ONCE = "\nended at once: what was measured until now is in the run folder; judge it with: tenfold report\n"


def listen() -> None:
    """Take over Ctrl-C and a termination, which ends a run as the first Ctrl-C does."""
    signal.signal(signal.SIGINT, _in_order)
    signal.signal(signal.SIGTERM, _in_order)


class CtrlC:
    """Ctrl-C in a process with an end of its own: the first is raised as ever and noted, the second ends it now."""

    def __init__(self) -> None:
        self.asked = False

    def listen(self) -> None:
        """Take over Ctrl-C."""
        signal.signal(signal.SIGINT, self._first)

    def _first(self, number: int, frame: Any) -> NoReturn:
        self.asked = True
        _in_order(number, frame)


def _in_order(_signal: int, _frame: Any) -> NoReturn:
    signal.signal(signal.SIGINT, _now)
    raise KeyboardInterrupt


def _now(_signal: int, _frame: Any) -> NoReturn:
    """Leave without another word to anybody: the kernel ends the children, which are on a leash."""
    sys.stderr.write(_AT_ONCE)
    sys.stderr.flush()
    os._exit(EXIT_CODE)
