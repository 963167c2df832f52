"""Child: a process of ours, on a leash, with its log in a file and an orderly end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from loadtests import leash
from scenarios.errors import HarnessError

GRACE_S = 5.0
TAIL_LINES = 12


class Priority(StrEnum):
    """How much a child's time matters, where rights allow; every variant gets the same."""

    NORMAL = "normal"
    HIGH = "high"  # what is measured: other work on the machine waits for it, not the other way round
    REALTIME = "realtime"  # what measures: it must wake at the instant an arrival is due


def leashed(command: Sequence[str], cpus: Sequence[int] = (), priority: Priority = Priority.NORMAL) -> list[str]:
    """Return the command, wrapped so that it cannot outlive this process, on the processors and priority given."""
    cpu_list = ",".join(str(cpu) for cpu in cpus) or "-"
    return [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), cpu_list, priority.value, *command]


class Child:
    """Starts on creation; stopped when its `with` block ends, and by the kernel when this process dies."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environ: Mapping[str, str] | None = None,
        cpus: Sequence[int] = (),
        priority: Priority = Priority.NORMAL,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            # a session of its own: Ctrl-C at the terminal reaches the harness alone, which ends its children in order
            self._process = subprocess.Popen(
                leashed(command, cpus, priority),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environ or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs; negative is the number of the signal that ended it."""
        return self._process.poll()

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the end and return the exit code, or None when it still runs after the timeout."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, how: signal.Signals = signal.SIGTERM, grace_s: float = GRACE_S) -> int | None:
        """Ask it to end, and kill it when it has not after the grace; return its exit code."""
        if self.exit_code is None:
            self._process.send_signal(how)
            if self.wait(grace_s) is None:
                self._process.kill()
                self._process.wait()
        return self.exit_code

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            HarnessError: with the end of its log, when it has ended.
        """
        if self.exit_code is not None:
            raise HarnessError(
                f"{self.name} ended with exit code {self.exit_code}{self.tail()}", hint=f"see {self.log}"
            )

    def tail(self) -> str:
        """Return the last lines of its log, indented, for a message."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "".join(f"\n  | {line}" for line in lines[-TAIL_LINES:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
