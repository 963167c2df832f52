"""Workers: one function over many jobs in several processes, none of which outlives the process that started it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from target_stub.errors import ConfigError

PR_SET_PDEATHSIG = 1  # of Linux' prctl(2): the signal to get when the parent ends

Job = TypeVar("Job")
Result = TypeVar("Result")


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent ends, and leave at once if it has already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def spread(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    processes: int,
    begin: Callable[..., None] | None = None,
    given: Sequence[Any] = (),
) -> Iterator[Result]:
    """Yield the result of each job, in the jobs' order, computed in fresh processes.

    `begin(*given)` is called first in each process; it and `work` must be importable functions.

    Raises:
        ConfigError: when a process is killed from outside, which is how Linux ends those it has no memory for.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks, but not the threads
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(begin, tuple(given))) as pool:
        try:
            yield from pool.map(work, jobs)
        except BrokenProcessPool as error:
            raise ConfigError(
                "a helping process was killed before its work was done",
                hint=f"there may be too little memory for {processes} processes; try again with fewer cores (taskset)",
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, and the parent ends this process
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(parent.pid)
    if begin is not None:
        begin(*given)
