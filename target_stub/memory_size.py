"""The memory of this machine, or of the container that the process runs in."""

from __future__ import annotations

from pathlib import Path

CGROUP_LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_size_bytes(root: Path = Path("/")) -> int:
    """Return the smaller of the machine's memory and its control group's limit (version 2 or 1)."""
    meminfo = (root / "proc/meminfo").read_text(encoding="ascii")
    total = next(int(line.split()[1]) * 1024 for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    for name in CGROUP_LIMITS:
        try:
            limit = (root / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit():  # else "max": none
            total = min(total, int(limit))
    return total
