"""Free ports on loopback, for children that cannot choose one themselves."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """Return the first of `count` neighbouring free ports, one for each generator."""
    while True:
        first = free_port()
        if first + count < 65_536 and all(_is_free(first + offset) for offset in range(1, count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def several(processes: int) -> list[str]:
    """Return Locust's words for several processes on this machine; they meet at a free port of their own."""
    if processes <= 1:
        return []
    port = str(free_port())
    return ["--processes", str(processes), "--master-bind-port", port, "--master-port", port]
