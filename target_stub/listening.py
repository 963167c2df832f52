"""Listening: the sockets of the service, and telling others where it listens."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import orjson

from target_stub.errors import ConfigError

BACKLOG = 1024  # connections that may wait to be accepted; 128 would refuse the generator's pool when it opens at once


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket bound to the address and listening; a shared one is only bound, and other processes may be too.

    Raises:
        ConfigError: when it cannot be had, naming it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"there is no address {host!r}: {error.strerror}", hint="give --host 127.0.0.1") from error
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
        else:
            bound.bind(address)
            bound.listen(BACKLOG)  # here, since two sockets may be bound to a port, but only one may listen
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            what, hint = f"port {port} on {host} is taken", "stop what listens there, or give --port 0 for a free one"
        else:
            what, hint = f"cannot listen on {host}, port {port}: {error.strerror}", "give another --host or --port"
        raise ConfigError(what, hint=hint) from error
    return bound


def reserve(host: str, port: int) -> socket.socket:
    """Return a shared socket that keeps the port for processes to come; connections go to those that listen.

    Raises:
        ConfigError: when the port cannot be had, also when it is another service's that shares it.
    """
    with bind(host, port) as alone:  # refused where anybody listens, whom a shared socket would join unseen
        port = alone.getsockname()[1]
    return bind(host, port, shared=True)


def url_of(listening: socket.socket) -> str:
    """Return the address to reach a listening socket by, from this machine."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (asked about, not listened on)
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104 (likewise)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(path: Path, url: str) -> None:
    """Write where the service listens and its process id; a reader sees all of it or no file.

    Raises:
        ConfigError: when the file cannot be written.
    """
    write_whole(path, orjson.dumps({"url": url, "pid": os.getpid()}), "announce")


def write_whole(path: Path, content: bytes, switch: str) -> None:
    """Write a file so that a reader sees all of it or none; `switch` names what the path came from.

    Raises:
        ConfigError: when the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        hint = f"give another --{switch.replace('_', '-')}"
        raise ConfigError(f"cannot write {path}: {error.strerror}", hint=hint) from error
