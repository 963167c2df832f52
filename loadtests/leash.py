"""Leash: a child that cannot outlive its parent, whatever ends the parent (Linux's parent-death signal).

Run as a program it puts itself on the leash, takes its processors and its priority, and becomes the command it was
given: `python leash.py PARENT_PID CPUS PRIORITY COMMAND...`, CPUS being `-` or a list such as `0,1`, PRIORITY one of
`normal`, `high`, `realtime`. A priority that needs rights which are not there is left as it was. It imports nothing of
ours, so that it starts in milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
NICENESS = -10


def end_with_parent(parent_pid: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends; end at once when the parent is gone already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != (parent_pid or os.getppid()) or os.getppid() == 1:
        os._exit(1)


def take_priority(priority: str) -> None:
    """Raise the priority of this process, as far as rights allow.

    High: a niceness of -10, for the session as well, since Linux weighs whole sessions against each other first.
    Realtime: the lowest round-robin one. An ordinary process is not preempted in the middle of its slice of some
    milliseconds, however nice the other; only a realtime process wakes at the very instant it asked for.
    """
    with contextlib.suppress(OSError):
        if priority == "realtime":
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        elif priority == "high":
            os.nice(NICENESS)
            with open("/proc/self/autogroup", "w", encoding="ascii") as group:  # noqa: PTH123 - no import for a start
                group.write(str(NICENESS))


def main(argv: list[str]) -> None:
    """Put this process on the leash and become the command."""
    parent_pid, cpus, priority, command = int(argv[0]), argv[1], argv[2], argv[3:]
    end_with_parent(parent_pid)
    if cpus != "-" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    take_priority(priority)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is a list made by the harness
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
