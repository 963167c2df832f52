"""The machine: processors, memory, other work, disk, and the limits that the system sets."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from loadtests import facts
from loadtests.doctor.symptom import Grade, Symptom, graded

GIB = 2**30
OTHER_WORK = "other work"
FEWEST_FILES = 4096
FEWEST_PORTS = 10_000
FEWEST_WAITING = 1024
IDLE_SHARE = 0.25  # of the cores, that others may use before a run is disturbed
LEAST_FREE_BYTES = GIB
LEAST_MEMORY_BYTES = 2 * GIB


def examine(folder: Path) -> Iterator[Symptom]:
    """Yield what was found; `folder` is where runs are written."""
    yield _processors()
    yield _pinning()
    yield from _quota()
    yield _other_work()
    yield _memory()
    yield _disk(folder)
    yield _files()
    yield from _kernel()


def _processors() -> Symptom:
    cores = len(os.sched_getaffinity(0))
    found = f"{cores} of {os.cpu_count()} cores may be used; {facts.machine()['cpu']}"
    advice = "with one core the generator and a local target take each other's time: run the target elsewhere"
    return graded("processors", cores >= 2, found, advice, otherwise=Grade.BAD)


def _pinning() -> Symptom:
    """Whether processes may be bound to processors and take a real-time priority."""
    soft = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    realtime = os.geteuid() == 0 or soft != 0
    found = "processes can be pinned; " + ("real-time priority is allowed" if realtime else "no real-time priority")
    advice = "as root, or with an rtprio limit of 1 in limits.conf, requests start some milliseconds less late"
    return graded("priority", realtime, found, advice)


def _quota() -> Iterator[Symptom]:
    """Whether a container's quota takes the processors away in slices."""
    try:
        quota, _, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").strip().partition(" ")
    except OSError:
        return
    if quota != "max":
        cores = int(quota) / int(period or 100_000)
        advice = "a quota stops all processes for the rest of each period: give whole processors (cpuset) instead"
        yield Symptom("CPU quota", Grade.NOTE, f"this container may use {cores:g} cores' worth of time", advice)


def _other_work() -> Symptom:
    cores = len(os.sched_getaffinity(0))
    busy = psutil.cpu_percent(interval=1.0) / 100
    found = f"other programs use {busy:.0%} of the processors"
    return graded(
        "other work", busy <= IDLE_SHARE, found, f"end them first: every number made on {cores} cores will vary"
    )


def _memory() -> Symptom:
    memory = psutil.virtual_memory()
    found = f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB are free"
    return graded("memory", memory.available >= LEAST_MEMORY_BYTES, found, "a machine that swaps measures its disk")


def _disk(folder: Path) -> Symptom:
    place = next(its for its in (folder, *folder.absolute().parents) if its.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / GIB:.1f} GiB are free where runs are written"
    advice = "free some space, or name another folder with --runs"
    return graded("disk", free >= LEAST_FREE_BYTES, found, advice, otherwise=Grade.BAD)


def _files() -> Symptom:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"a process may open {_limit(soft)} files and connections (it may raise that to {_limit(hard)})"
    advice = f"ulimit -n {min(65_536, hard) if hard != resource.RLIM_INFINITY else 65_536}"
    return graded("open files", soft == resource.RLIM_INFINITY or soft >= FEWEST_FILES, found, advice)


def _limit(value: int) -> str:
    return "any number of" if value == resource.RLIM_INFINITY else f"{value:,}"


def _kernel() -> Iterator[Symptom]:
    ports = _numbers("net/ipv4/ip_local_port_range")
    if len(ports) == 2:
        count = ports[1] - ports[0] + 1
        advice = "sysctl net.ipv4.ip_local_port_range='1024 65535', when connections are not kept alive"
        yield graded("ports", count >= FEWEST_PORTS, f"{count:,} ports for outgoing connections", advice)
    waiting = _numbers("net/core/somaxconn")
    if waiting:
        found = f"{waiting[0]:,} connections may wait to be accepted"
        yield graded("accept queue", waiting[0] >= FEWEST_WAITING, found, f"sysctl net.core.somaxconn={FEWEST_WAITING}")


def _numbers(name: str) -> list[int]:
    try:
        return [int(word) for word in Path("/proc/sys", name).read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return []
